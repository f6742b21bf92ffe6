import { FixedEndpoints, HttpLeaseStore, HttpTaskStore, ServiceClient } from '#contracts';
import { describeLeaseStore } from '#suites/lease-store.suite';
import type { OpenedStore, SuitePolicy } from '#suites/task-store.harness';
import { describeTaskStore } from '#suites/task-store.suite';
import { create as createAxios } from 'axios';
import { openSqliteStore } from '../test/opened-store.js';
import { runningDb } from '../test/running-db.js';

/** A real db with a client of it: every call of the suites goes over a socket. */
async function openOverHttp(policy: SuitePolicy): Promise<OpenedStore<HttpTaskStore> & { client: ServiceClient }> {
  const local = openSqliteStore(null, policy);
  const db = await runningDb(local.store);
  const client = new ServiceClient(new FixedEndpoints('db', [db.endpoint]), createAxios());
  return { ...local, store: new HttpTaskStore(client), client, close: db.close };
}

describeTaskStore('HttpTaskStore', ({ policy }) => openOverHttp(policy));

describeLeaseStore('HttpLeaseStore', async ({ policy }) => {
  const opened = await openOverHttp(policy);
  return { ...opened, store: new HttpLeaseStore(opened.client), tasks: opened.store };
});
