// Keeps the newest votes live: asks every two seconds, with growing pauses when the server is away, and not at all while
// nobody looks. The server writes the same markup (page_log.c): change both together.
"use strict";

(() => {
  const ROWS_MAX = 20;
  const PAUSE_MS = 2000;
  const PAUSE_MAX_MS = 30000;
  const REQUEST_MAX_MS = 10000;

  const lang = document.documentElement.lang;
  const words = {
    es: { live: "En vivo", waiting: "Reconectando…", updated: "Última actualización:" },
    en: { live: "Live", waiting: "Reconnecting…", updated: "Last updated:" },
  }[lang];

  const byId = (id) => document.getElementById(id);
  const body = byId("votes");
  const clock = new Intl.DateTimeFormat(lang, { timeStyle: "medium" });
  const dates = new Intl.DateTimeFormat(lang, { dateStyle: "short", timeStyle: "medium" });
  const band = new URLSearchParams(location.search).get("band") || "";

  const make = (tag, className, ...children) => {
    const element = document.createElement(tag);
    element.className = className;
    element.append(...children);
    return element;
  };

  const bdi = (text) => make("bdi", "", text);

  const makeTime = (at) => {
    const time = make("time", "", dates.format(new Date(at)));
    time.dateTime = at;
    return time;
  };

  const makeRow = ({ vote, at }) => {
    const details = [vote.album, vote.year].filter((text) => text !== "").map(bdi);
    const head = make("th", "", bdi(vote.name), make("span", "detail", ...details.flatMap((item) => [item, " "])));
    head.scope = "row";
    const rank = make("td", "rank", ...(vote.rank === "" ? [] : [bdi(vote.rank)]));
    return make("tr", "", make("td", "time", makeTime(at)), head, rank);
  };

  let newest = null;
  let updatedAt = null;

  const show = (page) => {
    updatedAt = new Date();
    byId("veil").hidden = page.hidden !== true;
    byId("log").hidden = page.hidden === true;
    const first = page.votes.length === 0 ? "" : page.votes[0].position;
    if (first === newest) {
      return;
    }
    newest = first;
    body.replaceChildren(...page.votes.map(makeRow));
    byId("empty").hidden = page.votes.length > 0;
    const older = byId("older");
    older.hidden = page.next === null;
    if (page.next !== null) {
      const link = new URL(older.href);
      link.searchParams.set("before", page.next);
      older.href = link.href;
    }
  };

  const tell = (state) => {
    const connection = byId("connection");
    const when = updatedAt === null ? "" : ` · ${words.updated} ${clock.format(updatedAt)}`;
    const text = words[state] + (state === "live" ? "" : when);
    connection.className = state;
    if (connection.textContent !== text) {
      connection.textContent = text;
    }
  };

  const ask = async () => {
    const query = new URLSearchParams({ limit: String(ROWS_MAX), ...(band === "" ? {} : { band }) });
    const answer = await fetch(`/v1/log?${query}`, { signal: AbortSignal.timeout(REQUEST_MAX_MS) });
    if (!answer.ok) {
      throw new Error(`status ${answer.status}`);
    }
    show(await answer.json());
  };

  let pauseMs = PAUSE_MS;
  const poll = async () => {
    if (!document.hidden) {
      try {
        await ask();
        pauseMs = PAUSE_MS;
        tell("live");
      } catch {
        pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
        tell("waiting");
      }
    }
    setTimeout(poll, pauseMs * (0.75 + Math.random() / 2));
  };

  for (const time of document.querySelectorAll("time")) {
    time.textContent = dates.format(new Date(time.dateTime));
  }
  if (byId("log").dataset.live === "yes") {
    poll();
  }
})();
