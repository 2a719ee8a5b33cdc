// HubSpot's own client on a server of our choice: node hubspot.js BASE KEY
// Prints what it sees and what it made; the test compares.

import { Client, Signature } from '@hubspot/api-client';

const [base, key] = process.argv.slice(2);
const client = new Client({ basePath: base, accessToken: key, numberOfApiCallRetries: 0 });
const properties = ['firstname', 'lastname', 'email', 'phone', 'mobilephone'];
const shown = ({ id, properties: held }) => ({
  id,
  name: [held.firstname, held.lastname].filter(Boolean).join(' '),
  phones: [held.phone, held.mobilephone].filter(Boolean),
});

const all = await client.crm.contacts.getAll(100, undefined, properties);
const archived = await client.crm.contacts.getAll(100, undefined, [], undefined, undefined, true);
const { results: found } = await client.crm.contacts.searchApi.doSearch({
  filterGroups: [{ filters: [{ propertyName: 'lastname', operator: 'EQ', value: 'Lovelace' }] }],
  properties,
  sorts: ['hs_object_id'],
  limit: 10,
  after: '0',
});
const made = await client.crm.contacts.basicApi.create({
  properties: { firstname: 'Grace', lastname: 'Hopper', phone: '+16505550142' },
  associations: [],
});
const calls = await client.crm.objects.calls.basicApi.getPage(10, undefined, ['hs_call_title', 'hs_call_body']);

// The signature of a webhook request, by the vendor's own code.
const signed = {
  secret: 'a-client-secret',
  url: 'https://trunkline.example/v1/connectors/crm/webhook?a=1',
  body: '[{"objectId":1,"subscriptionType":"contact.propertyChange"}]',
  timestamp: 1767261600000,
};
const signature = Signature.getSignature('POST', 'v3', {
  clientSecret: signed.secret,
  url: signed.url,
  requestBody: signed.body,
  timestamp: signed.timestamp,
});

console.log(
  JSON.stringify({
    contacts: all.map(shown),
    archived: archived.map((contact) => contact.id),
    found: found.map(shown),
    made: made.id,
    calls: calls.results.map((call) => ({ id: call.id, title: call.properties.hs_call_title })),
    signed: { ...signed, signature },
  }),
);
