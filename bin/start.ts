import { requireNode } from '#chassis/start';

requireNode();
const { launch } = await import('./launcher/launch.js');
await launch(process.argv.slice(2), process.env);
