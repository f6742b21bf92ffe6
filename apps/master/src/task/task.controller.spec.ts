import { request as httpRequest } from 'node:http';
import { Problem, type Task } from '#contracts';
import { leaseNext, newTask, outputsOf, permanent } from '#suites/task-store.fixtures';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { multipart } from '../../test/multipart.js';
import { picture } from '../../test/pictures.js';
import { RunningMaster, type Answer } from '../../test/running-master.js';

const form = multipart([['image', { filename: 'photo.png', bytes: picture('picture.png') }]]);

function idsOf({ json }: Answer): string[] {
  return (json.tasks as Task[]).map(({ id }) => id);
}

describe('the tasks of master', () => {
  let master: RunningMaster;

  beforeEach(async () => {
    master = await RunningMaster.start();
  });

  const upload = (headers: Record<string, string> = {}): Promise<Answer> =>
    master.send('POST', '/task', { ...form.headers, ...headers }, form.body);

  async function create(): Promise<Task> {
    return (await master.tasks.create(newTask())).task;
  }

  async function finish(): Promise<void> {
    const { lease, token } = await leaseNext(master.tasks);
    await master.tasks.finish(lease.task.id, token, outputsOf(lease.task));
  }

  describe('an upload that prefers to wait', () => {
    it('is answered with the finished task', async () => {
      const answer = upload({ Prefer: 'wait=20' });
      await vi.waitFor(() => expect(master.tasks.waiting).toBe(1));
      await finish();

      expect(await answer).toMatchObject({ status: 201, json: { state: 'finished', outputs: [{ name: 'image' }] } });
      expect((await answer).headers['preference-applied']).toBe('wait=20');
    });

    it('is answered with the task as it is when the wait is over', async () => {
      const answer = await upload({ Prefer: 'wait=1' });

      expect(answer).toMatchObject({ status: 201, json: { state: 'queued' } });
    });

    it('keeps its image when the client hangs up in the wait', async () => {
      const request = httpRequest({
        method: 'POST',
        port: master.port,
        host: '127.0.0.1',
        path: '/task',
        headers: { ...form.headers, Prefer: 'wait=20' },
        agent: false,
      });
      request.on('error', () => undefined);
      request.end(form.body);
      await vi.waitFor(() => expect(master.tasks.waiting).toBe(1));

      request.destroy();
      await vi.waitFor(() => expect(master.tasks.waiting).toBe(0));
      await finish();

      const { tasks } = await master.tasks.list();
      expect(master.files.keys).toEqual([tasks[0]!.source.key]);
      expect(master.errors).toEqual([]);
    });

    it.each([
      ['db is away', new Problem('service-unavailable', 'db cannot be reached')],
      ['the task is deleted', new Problem('task-not-found', 'There is no task')],
    ])('is answered with the task that it made though %s in the wait', async (_, problem) => {
      vi.spyOn(master.tasks, 'get').mockRejectedValueOnce(problem);

      const answer = await upload({ Prefer: 'wait=20' });

      expect(answer).toMatchObject({ status: 201, json: { state: 'queued' } });
      expect(master.files.keys).toHaveLength(1);
    });

    it.each([undefined, 'wait=0', 'wait=soon', 'respond-async'])('does not wait for %j', async (prefer) => {
      const answer = await upload(prefer ? { Prefer: prefer } : {});

      expect(answer).toMatchObject({ status: 201, json: { state: 'queued' } });
      expect(answer.headers['preference-applied']).toBeUndefined();
    });
  });

  describe('a task', () => {
    it('can be looked at, and waited for', async () => {
      const { id } = await create();
      expect((await master.get(`/task/${id}`)).json).toMatchObject({ id, state: 'queued' });

      const answer = master.get(`/task/${id}?wait=20`);
      await vi.waitFor(() => expect(master.tasks.waiting).toBe(1));
      await finish();

      expect((await answer).json).toMatchObject({ id, state: 'finished' });
    });

    it('says true or false when asked whether it is ready', async () => {
      const { id } = await create();
      expect((await master.get(`/task/${id}/ready`)).body.toString()).toBe('false');
      await finish();

      expect((await master.get(`/task/${id}/ready`)).body.toString()).toBe('true');
    });

    it('can be cancelled and retried', async () => {
      const { id } = await create();

      expect(await master.send('POST', `/task/${id}/cancel`)).toMatchObject({
        status: 200,
        json: { state: 'cancelled' },
      });
      expect(await master.send('POST', `/task/${id}/retry`)).toMatchObject({ status: 200, json: { state: 'queued' } });
      await finish();
      expect(await master.send('POST', `/task/${id}/cancel`)).toMatchObject({
        status: 409,
        json: { code: 'wrong-state' },
      });
    });

    it('is deleted with its files', async () => {
      const { id } = (await upload()).json as unknown as Task;

      expect((await master.send('DELETE', `/task/${id}`)).status).toBe(204);

      expect(master.files.keys).toEqual([]);
      expect((await master.get(`/task/${id}`)).status).toBe(404);
      expect((await master.send('DELETE', `/task/${id}`)).status).toBe(404);
    });

    it('says why it has failed', async () => {
      const { id } = await create();
      await master.tasks.fail(id, (await leaseNext(master.tasks)).token, permanent);

      const { code, detail } = permanent;
      expect((await master.get(`/task/${id}`)).json).toMatchObject({ state: 'failed', error: { code, detail } });
    });

    it.each([
      'GET /task/ID',
      'GET /task/ID/ready',
      'GET /task/ID/download',
      'GET /task/ID/source',
      'POST /task/ID/cancel',
    ])('that is not there is not found by %s', async (route) => {
      const [method, path] = route.replace('ID', newTask().id).split(' ') as [string, string];

      expect(await master.send(method, path)).toMatchObject({ status: 404, json: { code: 'task-not-found' } });
    });
  });

  it('are listed newest first, page by page and by state', async () => {
    const [first, second, third] = [await create(), await create(), await create()];
    await master.tasks.cancel(second.id);

    const page = await master.get('/task?limit=2');
    expect(idsOf(page)).toEqual([third.id, second.id]);
    expect(idsOf(await master.get(`/task?after=${page.json.next as string}`))).toEqual([first.id]);
    expect(idsOf(await master.get('/task?state=cancelled'))).toEqual([second.id]);
  });

  it.each(['limit=0', 'limit=201', 'state=gone', 'after=x', 'owner=alice'])('are not listed by ?%s', async (query) => {
    expect(await master.get(`/task?${query}`)).toMatchObject({ status: 400, json: { code: 'invalid-request' } });
  });

  it.each(['wait=31', 'wait=-1', 'wait=soon'])('are not waited for with ?%s', async (query) => {
    const { id } = await create();

    expect(await master.get(`/task/${id}?${query}`)).toMatchObject({ status: 400, json: { code: 'invalid-request' } });
  });

  it('are counted, and their recipes told', async () => {
    await create();

    expect((await master.get('/queue')).json).toMatchObject({ queued: 1, backlog: 1 });
    expect(Object.keys((await master.get('/recipes')).json)).toContain('negate');
  });
});
