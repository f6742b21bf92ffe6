/**
 * Names that the request validation of every service takes out of an object without a word, to keep prototypes safe.
 * What clients may name must not have them, or it would be lost on its way between services.
 */
export const lostNames: readonly string[] = [...Object.getOwnPropertyNames(Object.prototype).sort(), 'prototype'];
