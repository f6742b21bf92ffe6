import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRunning, markOf } from './process-mark.js';

describe('The mark of a process', () => {
  it('is that of a running one until it ends', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
    onTestFinished(() => void child.kill('SIGKILL'));
    const mark = markOf(child.pid!)!;
    expect(mark.pid).toBe(child.pid);
    expect(isRunning(mark)).toBe(true);

    const closed = once(child, 'close');
    child.kill();
    await closed;

    expect(isRunning(mark)).toBe(false);
    expect(markOf(child.pid!)).toBeNull();
  });

  it('is not that of another process under the same number', () => {
    const own = markOf(process.pid)!;

    expect(isRunning(own)).toBe(true);
    expect(isRunning({ ...own, started: `${own.started}1` })).toBe(false);
    expect(isRunning({ ...own, pid: process.ppid })).toBe(false);
  });

  it('is null where there is no process', () => {
    expect(markOf(2 ** 22 + 1)).toBeNull();
  });
});
