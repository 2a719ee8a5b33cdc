// Pipedrive's own client on a server of our choice: node pipedrive.js BASE KEY
// Prints what it sees and what it made; the test compares.

import { v1, v2 } from 'pipedrive';

const [base, key] = process.argv.slice(2);
const config = new v2.Configuration({ apiKey: key, basePath: `${base}/api/v2` });
const persons = new v2.PersonsApi(config);

const contacts = [];
let cursor;
do {
  const page = await persons.getPersons({ limit: 500, cursor, sort_by: 'update_time', sort_direction: 'asc' });
  contacts.push(...page.data);
  cursor = page.additional_data.next_cursor ?? undefined;
} while (cursor);

const made = await persons.addPerson({
  AddPersonRequest: { name: 'Grace Hopper', phones: [{ value: '+16505550142', label: 'work', primary: true }] },
});
const activities = await new v2.ActivitiesApi(config).getActivities({ limit: 10 });
const me = await new v1.UsersApi(new v1.Configuration({ apiKey: key, basePath: `${base}/api/v1` })).getCurrentUser();

console.log(
  JSON.stringify({
    contacts: contacts.map(({ id, name, phones }) => ({
      id: String(id),
      name,
      phones: phones.map(({ value }) => value),
    })),
    made: String(made.data.id),
    calls: activities.data.map(({ id, subject }) => ({ id: String(id), title: subject })),
    me: me.data.name,
  }),
);
