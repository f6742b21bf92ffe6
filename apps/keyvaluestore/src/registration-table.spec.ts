import { describe, expect, it } from 'vitest';
import { RegistrationTable } from './registration-table.js';

function opened() {
  const time = { ms: 5_000 };
  return { table: new RegistrationTable(() => time.ms), time };
}

describe('RegistrationTable', () => {
  it('knows a registration until its time is over', () => {
    const { table, time } = opened();
    table.register('dbendpoint', 'a:1', 15);
    time.ms += 14_999;
    expect(table.lookup('dbendpoint')).toEqual([{ value: 'a:1', expiresInMs: 1 }]);

    time.ms += 1;

    expect(table.lookup('dbendpoint')).toEqual([]);
    expect(table.rotate('dbendpoint')).toBeUndefined();
    expect(table.all()).toEqual([]);
  });

  it('gives a renewed registration its time anew', () => {
    const { table, time } = opened();
    table.register('dbendpoint', 'a:1', 15);
    time.ms += 10_000;

    table.register('dbendpoint', 'a:1', 15);

    expect(table.lookup('dbendpoint')).toEqual([{ value: 'a:1', expiresInMs: 15_000 }]);
  });

  it('rotates over the live values of a key', () => {
    const { table, time } = opened();
    table.register('dbendpoint', 'a:1', 30);
    table.register('dbendpoint', 'b:1', 15);
    table.register('dbendpoint', 'c:1', 30);
    const turns = (count: number): (string | undefined)[] =>
      Array.from({ length: count }, () => table.rotate('dbendpoint'));

    expect(new Set(turns(3))).toEqual(new Set(['a:1', 'b:1', 'c:1']));
    time.ms += 15_000;
    expect(new Set(turns(2))).toEqual(new Set(['a:1', 'c:1']));
  });

  it('rotates over the values of every key by itself, whoever asks for another in between', () => {
    const { table } = opened();
    for (const key of ['dbendpoint', 'storageendpoint']) {
      table.register(key, 'a:1', 15);
      table.register(key, 'b:1', 15);
    }

    const turns = [1, 2].map(() => ({ db: table.rotate('dbendpoint'), storage: table.rotate('storageendpoint') }));

    expect(new Set(turns.map(({ db }) => db))).toEqual(new Set(['a:1', 'b:1']));
    expect(new Set(turns.map(({ storage }) => storage))).toEqual(new Set(['a:1', 'b:1']));
  });

  it('tells all live registrations, by key', () => {
    const { table, time } = opened();
    table.register('uiendpoint', 'u:1', 15);
    table.register('dbendpoint', 'b:1', 15);
    table.register('dbendpoint', 'a:1', 15);
    table.register('masterendpoint', 'm:1', 5);
    time.ms += 5_000;

    expect(table.all()).toEqual([
      [
        'dbendpoint',
        [
          { value: 'b:1', expiresInMs: 10_000 },
          { value: 'a:1', expiresInMs: 10_000 },
        ],
      ],
      ['uiendpoint', [{ value: 'u:1', expiresInMs: 10_000 }]],
    ]);
  });

  it('forgets a value that is deregistered, and only that', () => {
    const { table } = opened();
    table.register('dbendpoint', 'a:1', 15);
    table.register('dbendpoint', 'b:1', 15);

    table.deregister('dbendpoint', 'a:1');
    table.deregister('dbendpoint', 'a:1');
    table.deregister('nokey', 'a:1');

    expect(table.lookup('dbendpoint').map(({ value }) => value)).toEqual(['b:1']);
  });
});
