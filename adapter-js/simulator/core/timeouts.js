/** How long the widget waits for each kind of path, in ms (protocol 1.3, version 2.2.0 and later). */
export const TIMEOUTS = Object.freeze({
  contacts: 60_000, // each page
  contactSearch: 30_000,
  match: 30_000,
  logger: 15_000,
  meetingLogger: 6_000,
  // do-not-contact, activities, settings, buttons, authorize, invites, input changed, view contact
  short: 3_000,
});

/** Until version 2.1 both loggers had less patience; a daemon that must serve those stays under it. */
export const OLD_LOGGER_TIMEOUT = 6_000;
