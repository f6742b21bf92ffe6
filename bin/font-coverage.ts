import { requireNode } from '#chassis/start';

requireNode();
const { writeFontCoverage } = await import('./font-coverage/font-coverage.js');
await writeFontCoverage();
