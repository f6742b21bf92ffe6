import { requireNode } from '#chassis/start';

requireNode();
const { bundleServices } = await import('./bundle/bundle-services.js');
await bundleServices(process.argv.slice(2));
