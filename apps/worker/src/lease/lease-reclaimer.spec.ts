import { ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LeaseDesk } from '../../test/lease-desk.js';
import { WorkPlace } from '../../test/work-place.js';
import { LEASE_STORE } from '../stores.js';
import { LeaseReclaimer } from './lease-reclaimer.js';

describe('LeaseReclaimer', () => {
  afterEach(() => vi.restoreAllMocks());

  it('has expired leases taken back, and says so when there were any', async () => {
    const { log } = new WorkPlace();
    const desk = new LeaseDesk();
    const reclaim = vi.spyOn(desk, 'reclaim');
    const reclaimer = new LeaseReclaimer(desk);

    for (const reclaimed of [0, 1, 2]) {
      reclaim.mockResolvedValueOnce({ reclaimed });
      await reclaimer.tick();
    }

    expect(log).toEqual(['Reclaimed 1 expired lease', 'Reclaimed 2 expired leases']);
  });

  it('does so every five seconds while the worker runs', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const desk = new LeaseDesk();
    const module = await Test.createTestingModule({
      imports: [ScheduleModule.forRoot()],
      providers: [LeaseReclaimer, { provide: LEASE_STORE, useValue: desk }],
    }).compile();
    await module.init();

    vi.advanceTimersByTime(15_000);
    await module.close();
    vi.advanceTimersByTime(15_000);

    expect(desk.calls).toEqual(['reclaim', 'reclaim', 'reclaim']);
    vi.useRealTimers();
  });

  it('lets a tick fail, and comes again', async () => {
    const { log } = new WorkPlace();
    const desk = new LeaseDesk();
    const reclaimer = new LeaseReclaimer(desk);
    desk.away = true;

    await reclaimer.tick();
    await reclaimer.tick();

    expect(desk.calls).toEqual(['reclaim', 'reclaim']);
    expect(log).toEqual([]);
  });
});
