// Keeps the results live: one event stream, connected again with growing pauses. What is shown stays until there is
// something newer. The server writes the same markup (page_results.c): change both together.
"use strict";

(() => {
  const ROWS_MAX = 200;
  const ALBUMS_MAX = 50;
  const PAUSE_FIRST_MS = 1000;
  const PAUSE_MAX_MS = 15000;
  const SUMMARY_EVERY_MS = 30000;
  const SILENCE_MS = 30000;
  const TIMER_MAX_MS = 2 ** 31 - 1;
  const SVG = "http://www.w3.org/2000/svg";

  const lang = document.documentElement.lang;
  const words = {
    es: {
      live: "En vivo",
      waiting: "Reconectando…",
      stale: "Sin datos nuevos",
      updated: "Última actualización:",
      albums: "Álbumes",
      not_open_yet: "Aún no abre",
      open: "Votación abierta",
      closed: "Votación cerrada",
      summary: (name, votes, total) => `Va en primer lugar ${name} con ${votes} de ${total} votos.`,
    },
    en: {
      live: "Live",
      waiting: "Reconnecting…",
      stale: "No new data",
      updated: "Last updated:",
      albums: "Albums",
      not_open_yet: "Not open yet",
      open: "Voting is open",
      closed: "Voting is closed",
      summary: (name, votes, total) => `${name} leads with ${votes} of ${total} votes.`,
    },
  }[lang];

  const byId = (id) => document.getElementById(id);
  const body = byId("bands");
  const numbers = new Intl.NumberFormat("en");
  const clock = new Intl.DateTimeFormat(lang, { timeStyle: "medium" });
  const dates = new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "short" });

  const make = (tag, text) => {
    const element = document.createElement(tag);
    if (text !== undefined) {
      element.textContent = text;
    }
    return element;
  };

  const setText = (element, text) => {
    if (element.textContent !== text) {
      element.textContent = text;
    }
  };

  const percent = (part, whole) => (whole === 0 ? 0 : (Math.floor((part / whole) * 1000 + 0.5) / 10)).toFixed(1);

  // --- rows, by the name of their band ---

  const rows = new Map();
  for (const row of body.rows) {
    rows.set(row.querySelector("bdi").textContent, row);
  }

  const colors = new Map();

  const makeRow = (name) => {
    const row = make("tr");
    const place = make("td");
    const head = make("th");
    const votes = make("td");
    const share = make("td");
    const bar = document.createElementNS(SVG, "svg");
    const rect = document.createElementNS(SVG, "rect");
    const details = make("details");
    place.className = "place";
    votes.className = "votes";
    share.className = "share";
    head.scope = "row";
    bar.setAttribute("class", "bar");
    bar.setAttribute("aria-hidden", "true");
    rect.setAttribute("height", "100%");
    rect.setAttribute("width", "0");
    if (colors.has(name)) {
      rect.setAttribute("fill", colors.get(name));
    }
    bar.append(rect);
    details.append(make("summary", words.albums), make("ul"));
    head.append(make("bdi", name), bar, details);
    row.append(place, head, votes, share);
    return row;
  };

  const albumsShown = new WeakMap();

  const fillAlbums = (details, albums) => {
    const list = details.querySelector("ul");
    const key = JSON.stringify(albums);
    if (albumsShown.get(list) === key) {
      return;
    }
    albumsShown.set(list, key);
    const items = albums.slice(0, ALBUMS_MAX).map((album) => {
      const item = make("li");
      item.append(make("bdi", album.name || "–"), " ", make("span", numbers.format(album.votes)));
      return item;
    });
    details.hidden = items.length === 0;
    list.replaceChildren(...items);
  };

  const fillRow = (row, band, place, mostVotes, total) => {
    setText(row.querySelector(".place"), String(place));
    setText(row.querySelector(".votes"), numbers.format(band.votes));
    setText(row.querySelector(".share"), `${percent(band.votes, total)} %`);
    row.querySelector("rect").setAttribute("width", `${percent(band.votes, mostVotes)}%`);
    fillAlbums(row.querySelector("details"), band.albums);
  };

  const fillTable = (result) => {
    const shown = result.bands.slice(0, ROWS_MAX);
    const names = new Set(shown.map((band) => band.name));
    for (const [name, row] of rows) {
      if (!names.has(name)) {
        row.remove();
        rows.delete(name);
      }
    }
    let place = 1;
    shown.forEach((band, i) => {
      // Equal votes share a place: 1, 1, 3.
      place = i > 0 && band.votes === shown[i - 1].votes ? place : i + 1;
      const row = rows.get(band.name) || makeRow(band.name);
      rows.set(band.name, row);
      fillRow(row, band, place, shown[0].votes, result.total);
      // Moving only what is out of place keeps focus and open details.
      if (body.rows[i] !== row) {
        body.insertBefore(row, body.rows[i] || null);
      }
    });
    byId("empty").hidden = shown.length > 0;
    byId("more").hidden = result.bands.length <= ROWS_MAX;
  };

  // A screen reader hears who leads when that changes, else twice a minute at most.
  let summaryLeader = null;
  let summaryAt = 0;
  const summarise = (result) => {
    const leader = result.bands[0];
    const isDue = Date.now() - summaryAt >= SUMMARY_EVERY_MS;
    if (!leader || leader.votes === 0 || (leader.name === summaryLeader && !isDue)) {
      return;
    }
    summaryLeader = leader.name;
    summaryAt = Date.now();
    const votes = numbers.format(leader.votes);
    setText(byId("summary"), words.summary(leader.name, votes, numbers.format(result.total)));
  };

  // While the server cannot read the count it says since when what it sends is unchanged.
  const showStale = (since) => {
    const notice = byId("stale");
    notice.hidden = since === undefined;
    if (since !== undefined) {
      const time = notice.querySelector("time");
      time.dateTime = since;
      setText(time, dates.format(new Date(since)));
    }
  };

  const show = (result) => {
    showStale(result.stale_since);
    const isHidden = result.hidden === true;
    byId("veil").hidden = !isHidden;
    byId("results").hidden = isHidden;
    if (!isHidden) {
      setText(byId("total"), numbers.format(result.total));
      fillTable(result);
      summarise(result);
    }
  };

  // --- whether voting is open ---

  let contestTimer = 0;
  const lookAtContest = async () => {
    clearTimeout(contestTimer);
    try {
      const contest = await (await fetch("/v1/contest")).json();
      const now = Date.parse(contest.now);
      byId("phase").className = `phase ${contest.state}`;
      setText(byId("phase"), words[contest.state]);
      contest.bands.filter((band) => band.color).forEach((band) => colors.set(band.name, band.color));
      const changes = [contest.opens_at, contest.closes_at].map((at) => Date.parse(at) - now).filter((ms) => ms > 0);
      if (changes.length > 0) {
        contestTimer = setTimeout(lookAtContest, Math.min(Math.min(...changes) + 500, TIMER_MAX_MS));
      }
    } catch {
      // The stream's own state tells that the server is away; the next connection asks again.
    }
  };

  // --- the stream ---

  let source = null;
  let pauseMs = PAUSE_FIRST_MS;
  let updatedAt = null;

  const tell = (state) => {
    const connection = byId("connection");
    const when = updatedAt === null ? "" : ` · ${words.updated} ${clock.format(updatedAt)}`;
    connection.className = state;
    setText(connection, words[state] + (state === "waiting" ? when : ""));
  };

  const tellOfStream = () => tell(byId("stale").hidden ? "live" : "stale");

  let connectTimer = 0;
  let connectedAt = 0;
  let heardAt = 0;

  const connect = () => {
    clearTimeout(connectTimer);
    if (source !== null) {
      source.close();
    }
    connectedAt = Date.now();
    source = new EventSource("/v1/results/stream");
    source.onopen = () => {
      pauseMs = PAUSE_FIRST_MS;
      tellOfStream();
      lookAtContest();
    };
    source.onmessage = (event) => {
      const result = JSON.parse(event.data);
      show(result);
      heardAt = Date.now();
      updatedAt = result.stale_since === undefined ? new Date() : new Date(result.stale_since);
      tellOfStream();
    };
    source.onerror = () => {
      source.close();
      tell("waiting");
      connectTimer = setTimeout(connect, pauseMs * (0.75 + Math.random() / 2));
      pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS);
    };
  };

  // A device that slept may hold a connection that died without a word.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - Math.max(connectedAt, heardAt) > SILENCE_MS) {
      connect();
    }
  });

  for (const time of document.querySelectorAll("time[datetime]")) {
    time.textContent = dates.format(new Date(time.dateTime));
  }
  connect();
})();
