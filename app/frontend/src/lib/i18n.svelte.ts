/** English and German. */

import type { ApiError } from "./api";
import { de } from "./texts/de";
import { en, type Key } from "./texts/en";

export type { Key };

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

  /** What to tell a person about an error of the API. */
  failure(error: ApiError): string {
    const key = `error.${error.code}`;
    return this.t(has(key) ? key : "error.other", { seconds: error.retryAfter ?? 60 });
  }

  /** A moment, to the second, as it is written where the browser is. */
  moment(iso: string): string {
    const locale = navigator.languages.find((tag) => tag.startsWith(this.language)) ?? this.language;
    return new Date(iso).toLocaleString(locale, { dateStyle: "short", timeStyle: "medium" });
  }
}

function has(key: string): key is Key {
  return Object.hasOwn(en, key);
}

function preferred(): Language {
  const wanted = [localStorage.getItem(KEPT_AS) ?? "", ...navigator.languages];
  return (wanted.map((tag) => tag.slice(0, 2)).find((tag) => tag in texts) as Language | undefined) ?? "en";
}

export const i18n = new I18n();
