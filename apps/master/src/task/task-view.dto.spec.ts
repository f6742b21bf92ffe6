import type { FileReference, Task } from '#contracts';
import { facts, leaseNext, newTask, outputsOf, transient } from '#suites/task-store.fixtures';
import { describe, expect, it } from 'vitest';
import { MemoryTaskStore } from '../../test/memory-task-store.js';
import { taskPageView, taskView } from './task-view.dto.js';

async function finished(): Promise<Task> {
  const tasks = new MemoryTaskStore();
  const { id } = (await tasks.create(newTask({ owner: 'alice', traceContext: '00-trace', labels: { a: 'b' } }))).task;
  const { lease, token } = await leaseNext(tasks);
  await tasks.finish(id, token, outputsOf(lease.task));
  return tasks.get(id);
}

/** A file as clients see it. */
function shownFile({ name, size, type, sha256 }: FileReference, href: string): object {
  return { name, size, type, sha256, width: null, height: null, facts: null, href };
}

describe('taskView', () => {
  it('shows what a client may see of a task', async () => {
    const task = await finished();
    const [output] = task.outputs;

    expect(taskView(task)).toEqual({
      id: task.id,
      state: 'finished',
      stage: null,
      priority: 0,
      recipe: task.recipe,
      labels: { a: 'b' },
      source: shownFile(task.source, `/task/${task.id}/source`),
      outputs: [shownFile(output!, `/task/${task.id}/download?output=image`)],
      leaseNumber: 1,
      failures: 0,
      lostLeases: 0,
      error: null,
      availableAt: null,
      createdAt: task.createdAt,
      startedAt: task.startedAt,
      finishedAt: task.finishedAt,
      href: `/task/${task.id}`,
    });
  });

  it('shows why an attempt failed, in plain words and in those of the library', async () => {
    const tasks = new MemoryTaskStore();
    const { id } = (await tasks.create(newTask())).task;
    await tasks.fail(id, (await leaseNext(tasks)).token, transient);

    expect(taskView(await tasks.get(id)).error).toEqual({
      code: 'processing-timeout',
      detail: 'took too long',
      technical: 'timeout: 50% complete',
    });
  });

  it('shows the facts of an output, and no more than them', async () => {
    const task = await finished();
    const [output] = task.outputs;
    const added = { latitude: 51.5 };

    const { outputs } = taskView({ ...task, outputs: [{ ...output!, facts: { ...facts, ...added } }] });

    expect(outputs).toEqual([expect.objectContaining({ facts })]);
  });

  it('shows neither file keys nor whatever else a store may add to a task', async () => {
    const task = await finished();
    const added = { leaseToken: 'a secret token', leaseExpiresAt: 1 };

    const shown = JSON.stringify(taskPageView({ tasks: [{ ...task, ...added }], next: null }));

    for (const { key } of [task.source, ...task.outputs]) expect(shown).not.toContain(key.slice(37));
    expect(shown).not.toContain('secret');
    expect(shown).not.toContain('alice');
    expect(shown).not.toContain('00-trace');
  });
});
