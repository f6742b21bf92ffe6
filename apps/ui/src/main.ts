import { start } from '#chassis/start';

await start(() => import('./app.module.js'));
