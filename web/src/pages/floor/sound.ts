/** The tones of the answers: high for done, two low ones for a refusal, and one in between for what waits. */
export type Tone = "done" | "refused" | "waiting";

const tones: Record<Tone, readonly { frequency: number; start: number; seconds: number }[]> = {
  done: [{ frequency: 1320, start: 0, seconds: 0.09 }],
  waiting: [{ frequency: 660, start: 0, seconds: 0.15 }],
  refused: [
    { frequency: 220, start: 0, seconds: 0.18 },
    { frequency: 180, start: 0.24, seconds: 0.28 },
  ],
};

let audio: AudioContext | undefined;

/**
 * Plays a tone. Browsers allow sound only after the operator has touched the page or pressed a key, and a scan presses keys. Where
 * there is no sound, the answer on the screen is enough.
 */
export function play(tone: Tone): void {
  if (typeof AudioContext === "undefined") return;
  audio ??= new AudioContext();
  void audio.resume();
  for (const { frequency, start, seconds } of tones[tone]) {
    const oscillator = audio.createOscillator();
    const volume = audio.createGain();
    const begin = audio.currentTime + start;
    oscillator.type = "square";
    oscillator.frequency.value = frequency;
    // Without the short fade the loudspeaker clicks.
    volume.gain.setValueAtTime(0.15, begin);
    volume.gain.setTargetAtTime(0, begin + seconds, 0.015);
    oscillator.connect(volume).connect(audio.destination);
    oscillator.start(begin);
    oscillator.stop(begin + seconds + 0.1);
  }
}
