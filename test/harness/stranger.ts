import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** What came to a stranger. */
export interface StrangersRequest {
  path: string;
  authorization: string | undefined;
}

/**
 * A web server that has nothing to do with the system, on a port where a service was. It says of everything, in the
 * system's own words, that it is not there.
 */
export class Stranger {
  readonly requests: StrangersRequest[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      this.requests.push({ path: request.url!, authorization: request.headers.authorization });
      request.resume();
      response.writeHead(404, { 'Content-Type': 'application/problem+json' });
      response.end(JSON.stringify({ status: 404, code: 'task-not-found', title: 'No such task' }));
    });
  }

  static async start(port: number): Promise<Stranger> {
    const stranger = new Stranger();
    await once(stranger.server.listen(port, '127.0.0.1'), 'listening');
    return stranger;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
