import { command } from './launcher/command.js';

await command(async () => {
  const { launch } = await import('./launcher/launch.js');
  return launch(process.argv.slice(2), process.env);
});
