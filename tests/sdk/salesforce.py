"""simple-salesforce on a server of our choice: python salesforce.py BASE KEY

Prints what it sees and what it made; the test compares.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

import requests
from simple_salesforce import Salesforce

base, key, now = sys.argv[1:4]


class Plain(requests.Session):
    """The client knows https only."""

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://", "http://", 1), *args, **kwargs)


client = Salesforce(instance_url=base, session_id=key, session=Plain(), version="66.0")
fields = "Id, Name, Phone, MobilePhone"
contacts = list(client.query_all_iter(f"SELECT {fields} FROM Contact ORDER BY SystemModstamp, Id"))
end = datetime.fromtimestamp(int(now) / 1000, timezone.utc)
deleted = client.Contact.deleted(end - timedelta(days=1), end)
made = client.Contact.create({"FirstName": "Grace", "LastName": "Hopper", "Phone": "+16505550142"})
tasks = client.query("SELECT Id, Subject FROM Task")["records"]

print(
    json.dumps(
        {
            "contacts": [
                {
                    "id": row["Id"],
                    "name": row["Name"],
                    "phones": [number for number in (row["Phone"], row["MobilePhone"]) if number],
                }
                for row in contacts
            ],
            "archived": [row["id"] for row in deleted["deletedRecords"]],
            "made": made["id"],
            "calls": [{"id": row["Id"], "title": row["Subject"]} for row in tasks],
        }
    )
)
