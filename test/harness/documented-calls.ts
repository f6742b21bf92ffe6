import type { MasterClient } from './master-client.js';

/** One call of master's public or worker routes, as its OpenAPI document knows it. */
export interface DocumentedCall {
  /** The method and the path, with its parameters in braces. */
  name: string;
  method: string;
  /** Whether it is about one task, `{id}`. */
  ofTask: boolean;
  /** Whether it is for workers, under the service token. */
  isWorkers: boolean;
  /** The path with its parameters filled in; of the query, those that the call knows. */
  path: (chosen: { id?: string; query?: Record<string, string> }) => string;
}

interface Operation {
  tags?: string[];
  parameters?: { name: string; in: string }[];
}

/** Every call of master's OpenAPI document; a GET is a HEAD, too. */
export async function documentedCalls(client: MasterClient): Promise<DocumentedCall[]> {
  const document = (await (await client.fetch('/api-json')).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]).map((name) =>
        documentedCall(name, path, operation),
      ),
    ),
  );
}

function documentedCall(method: string, path: string, { tags = [], parameters = [] }: Operation): DocumentedCall {
  const known = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  return {
    name: `${method} ${path}`,
    method,
    ofTask: path.includes('{id}'),
    isWorkers: tags.includes('worker'),
    path: ({ id = '', query = {} }) => {
      const search = new URLSearchParams(Object.entries(query).filter(([name]) => known.includes(name)));
      return `${path.replace('{id}', id)}${search.size > 0 ? '?' : ''}${search.toString()}`;
    },
  };
}
