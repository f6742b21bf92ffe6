import { command } from './launcher/command.js';

await command(async () => {
  const { joinRunningSystem } = await import('./launcher/join-running-system.js');
  joinRunningSystem(process.env);
  await import('../apps/worker/src/main.js');
});
