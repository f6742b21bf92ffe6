/** A wrong environment variable; its message is one line that names the variable and says what is allowed. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
