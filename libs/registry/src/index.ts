export * from './registered-endpoints.js';
export * from './registration.js';
export * from './registry-client.js';
export * from './registry.module.js';
