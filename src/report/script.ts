/**
 * The page's script. It adds to a page that is complete without it: the theme switch, sorting,
 * copying, and hints that show at once instead of after the browser's delay.
 */
export const pageScript = `
'use strict';
(() => {
  const root = document.documentElement;
  root.classList.add('scripted');
  const remembered = (() => { try { return localStorage.getItem('archloom-theme'); } catch { return null; } })();
  if (remembered === 'light' || remembered === 'dark') root.dataset.theme = remembered;

  const switchTheme = () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    try { localStorage.setItem('archloom-theme', root.dataset.theme); } catch {}
  };

  const sortBy = (button) => {
    const head = button.closest('th');
    const table = head.closest('table');
    const column = head.cellIndex;
    const numeric = head.classList.contains('number');
    const rising = head.getAttribute('aria-sort') === 'none' ? !numeric : head.getAttribute('aria-sort') === 'descending';
    for (const other of table.querySelectorAll('th[aria-sort]')) other.setAttribute('aria-sort', 'none');
    head.setAttribute('aria-sort', rising ? 'ascending' : 'descending');
    const keyed = [...table.tBodies[0].rows].map((row) => ({ row, key: row.cells[column].dataset.key }));
    const compare = (a, b) => {
      if (a.key === '' || b.key === '') return (a.key === '') - (b.key === '');
      const order = numeric ? Number(a.key) - Number(b.key) : a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
      return rising ? order : -order;
    };
    keyed.sort(compare);
    table.tBodies[0].append(...keyed.map(({ row }) => row));
  };

  const copy = async (button) => {
    const text = button.parentElement.querySelector('code').textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(button.parentElement.querySelector('code'));
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  };

  const hints = () => {
    const box = document.createElement('div');
    box.className = 'hint';
    box.setAttribute('aria-hidden', 'true');
    document.body.append(box);
    for (const title of document.querySelectorAll('.chart title')) {
      const mark = title.parentElement;
      mark.dataset.hint = title.textContent;
      mark.setAttribute('aria-label', title.textContent);
      title.remove();
    }
    document.addEventListener('pointermove', (event) => {
      const mark = event.target.closest ? event.target.closest('[data-hint]') : null;
      if (!mark) { box.classList.remove('seen'); return; }
      box.textContent = mark.dataset.hint;
      box.classList.add('seen');
      const { width, height } = box.getBoundingClientRect();
      const left = Math.min(event.clientX + 14, innerWidth - width - 8);
      const top = event.clientY + 18 + height > innerHeight ? event.clientY - height - 12 : event.clientY + 18;
      box.style.transform = 'translate(' + Math.max(8, left) + 'px,' + Math.max(8, top) + 'px)';
    });
    document.addEventListener('scroll', () => box.classList.remove('seen'), true);
  };

  document.addEventListener('DOMContentLoaded', () => {
    hints();
    document.addEventListener('click', (event) => {
      const button = event.target.closest ? event.target.closest('button') : null;
      if (!button) return;
      if (button.classList.contains('theme')) switchTheme();
      if (button.classList.contains('sort')) sortBy(button);
      if (button.classList.contains('copy')) copy(button);
    });
  });
})();
`
