/** What keeps a command from doing what it was asked for; the message is one line that says what to do. */
export class LaunchError extends Error {
  override name = 'LaunchError';
}
