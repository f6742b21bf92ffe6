import { requireNode } from '#chassis/start';

requireNode();
const { joinRunningSystem } = await import('./launcher/join-running-system.js');
joinRunningSystem(process.env);
await import('../apps/worker/src/main.js');
