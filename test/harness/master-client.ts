import { randomUUID } from 'node:crypto';
import type { ImageFacts } from '#contracts';
import { patiently, TryAgain } from './patiently.js';

interface ShownOutput {
  name: string;
  size: number;
  type: string;
  sha256: string;
  width: number;
  height: number;
  facts: ImageFacts | null;
  href: string;
}

/** A task as master shows it; the fields that tests look at. */
export interface ShownTask {
  id: string;
  state: string;
  outputs: ShownOutput[];
  source: { name: string; size: number; type: string; sha256: string; href: string };
  leaseNumber: number;
  lostLeases: number;
  failures: number;
  error: { code: string; detail: string; technical: string | null } | null;
}

/**
 * 503: a service is away, or full. 429: too many requests. 410 `task-gone`: master was frozen for so long that the
 * janitor took the upload for an orphan.
 */
async function isWorthRepeating(response: Response): Promise<boolean> {
  if (response.status !== 410) return [429, 503].includes(response.status);
  const { code } = (await response.clone().json()) as { code: string };
  return code === 'task-gone';
}

/**
 * A good client: repeats what was not answered, or answered as worth repeating, after the time that the answer asks for;
 * uploads under an idempotency key.
 */
export class MasterClient {
  /** How often this client tried again. */
  retries = 0;

  constructor(private readonly endpoint: () => Promise<string>) {}

  /** One request, tried once. */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`http://${await this.endpoint()}${path}`, init);
  }

  /** One request, tried until master answers it. */
  patiently(path: string, init?: RequestInit): Promise<Response> {
    let tries = 0;
    return patiently(async () => {
      if (tries++ > 0) this.retries++;
      const response = await this.fetch(path, init);
      if (!(await isWorthRepeating(response))) return response;
      throw new TryAgain(await response.text(), Number(response.headers.get('Retry-After') ?? 0) * 1000);
    });
  }

  /** Uploads a picture. */
  async upload(image: Buffer, fields: Record<string, string> = {}, name = 'photo.png'): Promise<ShownTask> {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.set(field, value);
    form.set('image', new Blob([new Uint8Array(image)]), name);
    const headers = { 'Idempotency-Key': randomUUID() };
    const response = await this.patiently('/task', { method: 'POST', body: form, headers });
    if (response.status !== 201) throw new Error(await response.text());
    return (await response.json()) as ShownTask;
  }

  /** The task once it is finished, failed or cancelled. */
  async settled(id: string): Promise<ShownTask> {
    for (;;) {
      const response = await this.patiently(`/task/${id}?wait=20`);
      const task = (await response.json()) as ShownTask;
      if (response.status !== 200) throw new Error(JSON.stringify(task));
      if (['finished', 'failed', 'cancelled'].includes(task.state)) return task;
    }
  }

  async download(path: string): Promise<Buffer> {
    const response = await this.patiently(path);
    if (response.status !== 200) throw new Error(await response.text());
    return Buffer.from(await response.arrayBuffer());
  }
}
