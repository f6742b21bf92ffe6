import { describeLeaseStore } from '#suites/lease-store.suite';
import { describeTaskStore } from '#suites/task-store.suite';
import { openSqliteStore, temporaryDatabase } from '../../test/opened-store.js';

describeTaskStore('SqliteTaskStore in memory', async ({ policy }) => openSqliteStore(null, policy));
describeTaskStore('SqliteTaskStore on a file', async ({ policy }) => openSqliteStore(temporaryDatabase(), policy));

describeLeaseStore('SqliteTaskStore in memory', async ({ policy }) => {
  const opened = openSqliteStore(null, policy);
  return { ...opened, tasks: opened.store };
});
describeLeaseStore('SqliteTaskStore on a file', async ({ policy }) => {
  const opened = openSqliteStore(temporaryDatabase(), policy);
  return { ...opened, tasks: opened.store };
});
