import { describe, expect, it } from 'vitest';
import { patienceWith } from './patience.js';

const lookup = patienceWith('keyvaluestore');
const [db, storage, master] = [patienceWith('db'), patienceWith('storage'), patienceWith('master')];

describe('Patience with master', () => {
  it('outlasts that of master with db, in a call and before it the lookup of an endpoint', () => {
    expect(master.callMs).toBeGreaterThan(lookup.callMs + db.callMs);
  });

  it('is short enough for a second try before a lease ends that was renewed after a third of its 30 s', () => {
    expect(10_000 + master.callMs).toBeLessThan(30_000);
  });

  it('outlasts that of master with storage in an exchange, and the calls to db before it', () => {
    expect(master.idleMs).toBeGreaterThan(2 * (lookup.callMs + db.callMs) + storage.idleMs);
  });
});
