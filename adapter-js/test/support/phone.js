import { Phone } from "../../simulator/core/phone.js";
import { OWN } from "../simulator/world.js";

/** The simulated widget behind a tab's frame, on the tab's clock. */
export function phoneIn({ page, frame }, { kept, ...more } = {}) {
  let seed = 1;
  const phone = new Phone({
    runtime: {
      post: (message) => queueMicrotask(() => page.say(frame, structuredClone(message))),
      now: () => page.time.now,
      setTimeout: page.time.setTimeout,
      clearTimeout: page.time.clearTimeout,
      random: () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647,
      locale: "en-US",
      timeZone: "UTC",
      warn: () => {},
    },
    own: OWN,
    ...more,
    ...(kept && { kept }),
  });
  frame.contentWindow.postMessage = (message, origin) => {
    frame.received.push({ message: structuredClone(message), origin });
    queueMicrotask(() => phone.receive(structuredClone(message)));
  };
  return phone;
}

/** What a phone finds in the call log when its page is opened. */
export function past(count, { autoLog = true, now = 1_767_261_600_000 } = {}) {
  const calls = Array.from({ length: count }, (_, index) => ({
    id: `L${index}`,
    sessionId: String(318_220_457_000 + index),
    telephonySessionId: `s-${index}`,
    direction: "Inbound",
    action: "Phone Call",
    result: "Accepted",
    from: { phoneNumber: `+1202555${String(index).padStart(4, "0")}` },
    to: { phoneNumber: OWN.number },
    fromName: "",
    toName: OWN.name,
    startTime: now - (index + 2) * 60_000,
    duration: 10,
    transferredFrom: null,
    ...(index === 0 && { aiNote: "Wants a quote", transcript: "Ada: hello" }),
  }));
  return { calls, messages: [], autoLog: { call: autoLog, message: false } };
}
