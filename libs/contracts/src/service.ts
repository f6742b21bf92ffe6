/** The six services, with the registry key of each (as in the seed) and its default port; a worker takes any free one. */
export const services = {
  keyvaluestore: { key: null, title: 'Key-value store', port: 8000 },
  db: { key: 'dbendpoint', title: 'Database', port: 8001 },
  storage: { key: 'storageendpoint', title: 'Storage', port: 8002 },
  master: { key: 'masterendpoint', title: 'Master', port: 8003 },
  worker: { key: 'workerendpoint', title: 'Worker', port: 0 },
  ui: { key: 'uiendpoint', title: 'UI', port: 8004 },
} as const satisfies Record<string, { key: string | null; title: string; port: number }>;

export type ServiceName = keyof typeof services;

/** Services that others look up in the registry. */
export type RegisteredService = Exclude<ServiceName, 'keyvaluestore'>;
