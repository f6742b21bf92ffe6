import { command } from './launcher/command.js';

await command(async () => {
  const { stopSystem } = await import('./launcher/stop-system.js');
  return stopSystem(process.env);
});
