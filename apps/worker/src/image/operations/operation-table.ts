import type { OperationName } from '#contracts';
import { colour } from './colour.js';
import { detail } from './detail.js';
import { geometry } from './geometry.js';
import type { OperationEntries } from './operation-entry.js';
import { overlay } from './overlay.js';

/** Every operation of the contracts; one that is missing here does not compile. */
export const operationTable: OperationEntries<OperationName> = { ...geometry, ...colour, ...detail, ...overlay };
