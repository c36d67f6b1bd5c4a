import { signal } from "@preact/signals";

/** How long an announcement stays, in milliseconds. */
const shownFor = 6000;

const announcement = signal("");
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says for a moment what an action has done. Screen readers say it too. */
export function announce(text: string): void {
  clearTimeout(timer);
  announcement.value = text;
  timer = setTimeout(() => (announcement.value = ""), shownFor);
}

/** The place where announcements appear. A page has one. */
export function Announcement() {
  return (
    <p class="announcement" role="status">
      {announcement.value}
    </p>
  );
}
