// The simulated widget is held to the same vectors as the daemon and the adapter.
import "./simulator/authorization.test.js";
import "./simulator/call-logger.test.js";
import "./simulator/contacts.test.js";
import "./simulator/custom-pages.test.js";
import "./simulator/envelope.test.js";
import "./simulator/host-messages.test.js";
import "./simulator/matcher.test.js";
import "./simulator/message-logger.test.js";
import "./simulator/registration.test.js";
import "./simulator/search.test.js";
import "./simulator/service-actions.test.js";
import "./simulator/settings.test.js";
