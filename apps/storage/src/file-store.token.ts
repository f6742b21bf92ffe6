/** The injection token of the `FileStore` behind the routes. */
export const FILE_STORE = Symbol('FileStore');
