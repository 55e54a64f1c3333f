/** English and German. Every text of the console is here. */

const en = {
  "app.title": "Skerry console",
  "language": "Language",
  "signIn.title": "Sign in",
  "signIn.name": "Name",
  "signIn.password": "Password",
  "signIn.code": "Code of your second factor, or a recovery code",
  "signIn.submit": "Sign in",
  "signIn.working": "Signing in…",
  "signOut": "Sign out",
  "error.wrong-credentials": "Name or password is wrong.",
  "error.wrong-code": "The code is wrong, or was used before.",
  "error.rate-limited": "Too many attempts. Try again in {seconds} s.",
  "error.offline": "The console does not answer. Is the network there?",
  "error.other": "That did not work. Try again in a moment.",
  "connection.connecting": "Connecting…",
  "connection.live": "Live",
  "connection.lost": "Connection lost, reconnecting…",
  "connection.stale": "No news from the platform for a while",
  "services.title": "Services",
  "services.none": "No service has been reported yet.",
  "services.healthy": "{total} services, all as they should be",
  "services.troubled": "{troubled} of {total} services need attention",
  "services.host": "Reported by {host}",
  "column.service": "Service",
  "column.state": "State",
  "column.image": "Image",
  "column.replicas": "Replicas",
  "column.since": "Since",
  "state.healthy": "Healthy",
  "state.degraded": "Degraded",
  "state.down": "Down",
  "state.stopped": "Stopped",
};

export type Key = keyof typeof en;

const de: Record<Key, string> = {
  "app.title": "Skerry-Konsole",
  "language": "Sprache",
  "signIn.title": "Anmelden",
  "signIn.name": "Name",
  "signIn.password": "Passwort",
  "signIn.code": "Code Ihres zweiten Faktors, oder ein Ersatzcode",
  "signIn.submit": "Anmelden",
  "signIn.working": "Wird angemeldet…",
  "signOut": "Abmelden",
  "error.wrong-credentials": "Name oder Passwort ist falsch.",
  "error.wrong-code": "Der Code ist falsch oder wurde schon benutzt.",
  "error.rate-limited": "Zu viele Versuche. In {seconds} s geht es wieder.",
  "error.offline": "Die Konsole antwortet nicht. Ist das Netz da?",
  "error.other": "Das ging nicht. Bitte gleich noch einmal versuchen.",
  "connection.connecting": "Verbinden…",
  "connection.live": "Live",
  "connection.lost": "Verbindung verloren, neuer Versuch…",
  "connection.stale": "Seit einer Weile nichts Neues von der Plattform",
  "services.title": "Dienste",
  "services.none": "Noch wurde kein Dienst gemeldet.",
  "services.healthy": "{total} Dienste, alle wie gewünscht",
  "services.troubled": "{troubled} von {total} Diensten brauchen Aufmerksamkeit",
  "services.host": "Gemeldet von {host}",
  "column.service": "Dienst",
  "column.state": "Zustand",
  "column.image": "Image",
  "column.replicas": "Replikate",
  "column.since": "Seit",
  "state.healthy": "Gesund",
  "state.degraded": "Eingeschränkt",
  "state.down": "Ausgefallen",
  "state.stopped": "Gestoppt",
};

const texts = { en, de };
export type Language = keyof typeof texts;
export const LANGUAGES: Record<Language, string> = { en: "English", de: "Deutsch" };

const KEPT_AS = "skerry.language";

class I18n {
  language = $state<Language>(preferred());

  choose(language: Language): void {
    this.language = language;
    localStorage.setItem(KEPT_AS, language);
  }

  /** The text in the chosen language, with `{name}` filled in. */
  t(key: Key, values: Record<string, string | number> = {}): string {
    return texts[this.language][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
  }
}

function preferred(): Language {
  const wanted = [localStorage.getItem(KEPT_AS) ?? "", ...navigator.languages];
  return (wanted.map((tag) => tag.slice(0, 2)).find((tag) => tag in texts) as Language | undefined) ?? "en";
}

export const i18n = new I18n();
