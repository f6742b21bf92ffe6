import { requireNode } from '#chassis/start';

requireNode();
const { writeRecipeDocs } = await import('./recipe-docs/recipe-docs.js');
await writeRecipeDocs();
