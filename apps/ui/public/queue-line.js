import { api } from './api.js';
import { pause } from './pause.js';

const secondsBetween = 4;

/** Keeps a line with the queue in numbers, for as long as somebody can see it. */
export async function keepQueueLine(element) {
  for (;;) {
    await visible();
    try {
      element.textContent = queueText(await api('GET', '/queue'));
    } catch (failure) {
      element.textContent = `Queue: unknown. ${failure.detail}`;
    }
    await pause(secondsBetween);
  }
}

function queueText({ queued, delayed, running, finished, failed, oldestQueuedAgeSeconds: age }) {
  const parts = [`${queued} queued`, delayed > 0 && `${delayed} delayed`, `${running} running`];
  const done = [`${finished} finished`, failed > 0 && `${failed} failed`];
  const oldest = queued > 0 && age >= 1 && `oldest has waited ${ageText(age)}`;
  return `Queue: ${[...parts, ...done, oldest].filter(Boolean).join(' · ')}`;
}

function ageText(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function visible() {
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== 'visible') return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    look();
  });
}
