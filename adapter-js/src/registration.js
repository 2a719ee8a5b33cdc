/**
 * The rules of protocol 2.1 and 2.3: what a first registration and a repeat look like, and what of the
 * service a command changes, so that a later repeat does not undo it. Pure functions.
 */

/** @typedef {import("./internal.d.ts").Service} Service */
/** @typedef {import("./internal.d.ts").Command} Command */

const REGISTER = "rc-adapter-register-third-party-service";

/**
 * @param {Service} service
 * @returns {Command}
 */
export function firstRegistration(service) {
  return { type: REGISTER, service };
}

/**
 * A repeat within one widget load leaves contactsPath out: with it, the widget throws while adding the
 * contact source again and loses every later field (protocol 2.3); its icon goes with it. Everything else is sent, because a
 * logger path without its flags resets them, and a missing authorizationPath means "authorized".
 *
 * @param {Service} service
 * @returns {Command}
 */
export function repeatRegistration(service) {
  const { contactsPath: _, contactIcon: __, ...rest } = service;
  return { type: REGISTER, service: /** @type {Service} */ (rest) };
}

/**
 * The service after the widget was sent `command`.
 *
 * @param {Service} service
 * @param {Command} command
 * @returns {Service}
 */
export function afterCommand(service, command) {
  switch (command.type) {
    case "rc-adapter-update-authorization-status":
      // An account left out is cleared in the widget (protocol 5), so a repeat must not bring it back.
      return { ...service, authorized: command.authorized, authorizedAccount: command.authorizedAccount ?? "" };
    case "rc-adapter-update-third-party-settings":
      return { ...service, settings: command.settings };
    case "rc-adapter-refresh-license-status": {
      const { type: _, ...license } = command;
      return { ...service, ...license };
    }
    case "rc-adapter-update-customized-banner":
      return { ...service, banner: command.banner };
    default:
      return service;
  }
}

/**
 * Whether two services differ in more than what rc-adapter-update-authorization-status can carry.
 *
 * @param {Service} one
 * @param {Service} other
 */
export function differBeyondAuthorization(one, other) {
  return canonical(one) !== canonical(other);
}

/** @param {Service} service */
function canonical(service) {
  const { authorized: _, authorizedAccount: __, ...rest } = service;
  return JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
}
