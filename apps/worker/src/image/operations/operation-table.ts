import { operationEntry, type Operation, type OperationName } from '#contracts';
import { colour } from './colour.js';
import { detail } from './detail.js';
import { geometry } from './geometry.js';
import type { OperationEntries, OperationEntry } from './operation-entry.js';
import { overlay } from './overlay.js';

/** Every operation of the contracts; one that is missing here does not compile. */
export const operationTable: OperationEntries<OperationName> = { ...geometry, ...colour, ...detail, ...overlay };

/** How an operation is done. */
export function entryOf(operation: Operation): OperationEntry<OperationName> {
  return operationTable[operationEntry(operation)[0]] as OperationEntry<OperationName>;
}

/** Whether a picture in shades of grey stays one. */
export function keepsGrey(operation: Operation): boolean {
  return entryOf(operation).keepsGrey?.(operationEntry(operation)[1]) ?? false;
}

/** Whether the picture that a pass leaves has no colours but shades of grey. @param grey whether it had none before */
export function leavesGrey(pass: Operation[], grey: boolean): boolean {
  return pass.reduce((before, operation) => isGreyAfter(operation, before), grey);
}

function isGreyAfter(operation: Operation, grey: boolean): boolean {
  return entryOf(operation).greys?.(operationEntry(operation)[1]) || (grey && keepsGrey(operation));
}
