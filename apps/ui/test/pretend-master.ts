import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { isFinal, Problem, type TaskState } from '#contracts';
import { standInForMaster, type StandIn } from './master-stand-in.js';

interface PretendTask {
  id: string;
  state: TaskState;
  stage: string | null;
  source: object;
  outputs: object[];
  error: { code: string; detail: string; technical: string | null } | null;
}

/**
 * The part of master's public API that the page uses, in memory and without workers: a test moves the tasks itself.
 * The result of a task is its source.
 */
export class PretendMaster {
  /** Oldest first. */
  readonly tasks: PretendTask[] = [];
  readonly idempotencyKeys: string[] = [];
  server!: StandIn;
  /** The one key of the API; null for an API without keys. */
  apiKey: string | null = null;
  /** Thrown by the next upload. */
  refusal: Problem | null = null;
  /** What the answers to uploads wait for; their tasks are there before. */
  answersAfter: Promise<void> = Promise.resolve();
  private readonly tasksOfKeys = new Map<string, PretendTask>();
  private readonly photos = new Map<string, { type: string; bytes: Buffer }>();
  private readonly changes = new EventEmitter();

  static async start(): Promise<PretendMaster> {
    const master = new PretendMaster();
    master.changes.setMaxListeners(0);
    master.server = await standInForMaster((request, response) => {
      master.answer(request, response).catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        response.writeHead(error.status, { 'Content-Type': 'application/problem+json' });
        response.end(JSON.stringify(error.toDetails()));
      });
    });
    return master;
  }

  /** Adds a task as an upload does. */
  add(name: string, type: string, bytes: Buffer): PretendTask {
    const id = `01980000-0000-7000-8000-${String(this.tasks.length).padStart(12, '0')}`;
    const source = { name, size: bytes.length, type, width: 1600, height: 1200, href: `/task/${id}/source` };
    const task: PretendTask = { id, state: 'queued', stage: null, source, outputs: [], error: null };
    this.tasks.push(task);
    this.photos.set(id, { type, bytes });
    return task;
  }

  move(task: PretendTask, change: Partial<PretendTask>): void {
    Object.assign(task, change);
    if (task.state === 'finished') {
      task.outputs = [{ ...task.source, name: 'image', href: `/task/${task.id}/download?output=image` }];
    }
    this.changes.emit('change');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://master');
    const [, noun, id, part] = pathname.split('/');
    const json = (status: number, body: unknown): unknown =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (this.apiKey !== null && request.headers.authorization !== `Bearer ${this.apiKey}`) {
      throw new Problem('unauthorized', 'Send a key of the API as Authorization: Bearer <key>');
    }
    if (noun === 'queue') return void json(200, this.queue());
    if (request.method === 'POST' && !id) return void json(201, await this.receive(request));
    if (!id) return void json(200, { tasks: this.tasks.toReversed(), next: null });
    const task = this.tasks.find((candidate) => candidate.id === id);
    if (!task) throw new Problem('task-not-found', `There is no task ${id}`);
    if (request.method === 'DELETE') {
      this.tasks.splice(this.tasks.indexOf(task), 1);
      return void response.writeHead(204).end();
    }
    if (part === 'source' || part === 'download') {
      const { type, bytes } = this.photos.get(id)!;
      const headers = {
        'Content-Type': type,
        'Content-Disposition': `attachment; filename="${part}.png"; filename*=UTF-8''${part}%20%E2%82%AC.png`,
        'X-Content-Type-Options': 'nosniff',
      };
      return void response.writeHead(200, headers).end(bytes);
    }
    if (part === 'retry') this.move(task, { state: 'queued', error: null });
    else await this.settled(task, Number(searchParams.get('wait') ?? 0));
    json(200, task);
  }

  private async receive(request: IncomingMessage): Promise<PretendTask> {
    const form = await buffer(request);
    const key = String(request.headers['idempotency-key']);
    this.idempotencyKeys.push(key);
    const { refusal } = this;
    this.refusal = null;
    if (refusal) throw refusal;
    const head = form.subarray(0, form.indexOf('\r\n\r\n')).toString();
    const boundary = head.slice(0, head.indexOf('\r\n'));
    const bytes = form.subarray(head.length + 4, form.lastIndexOf(`\r\n${boundary}`));
    const known = this.tasksOfKeys.get(key);
    const task = known ?? this.add(/filename="(.+?)"/.exec(head)![1]!, /Content-Type: (.+)/.exec(head)![1]!, bytes);
    this.tasksOfKeys.set(key, task);
    await this.answersAfter;
    return task;
  }

  private async settled(task: PretendTask, seconds: number): Promise<void> {
    const signal = AbortSignal.timeout(seconds * 1000);
    while (!isFinal(task.state) && !signal.aborted) {
      await once(this.changes, 'change', { signal }).catch(() => undefined);
    }
  }

  private queue(): object {
    const count = (state: TaskState): number => this.tasks.filter((task) => task.state === state).length;
    const [queued, running, finished, failed] = [count('queued'), count('running'), count('finished'), count('failed')];
    const backlog = queued + running;
    return { queued, delayed: 0, running, backlog, finished, failed, cancelled: 0, oldestQueuedAgeSeconds: 0 };
  }
}
