/** Dark unless the user chose light; kept in the browser. */
import { effect, type Signal, signal } from "@preact/signals";

export type Theme = "dark" | "light";

const key = "dprime-theme";

export function startTheme(): Signal<Theme> {
  const theme = signal<Theme>(localStorage.getItem(key) === "light" ? "light" : "dark");
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    localStorage.setItem(key, theme.value);
  });
  return theme;
}
