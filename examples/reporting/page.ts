const STYLE = `
  body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #ddd; }
  tbody tr { cursor: pointer; } tbody tr:hover, tr.chosen { background: #f1f4f8; }
  .done { color: #17693a; } .failed { color: #a3202c; } .running { color: #8a5a00; }
  textarea { width: 100%; box-sizing: border-box; font: 13px monospace; } button, select { font: inherit; }
  svg { width: 100%; height: auto; } svg text { font: 10px system-ui, sans-serif; fill: #444; } svg rect { fill: #4a6fa5; }
  #message { color: #a3202c; min-height: 1.4em; } #description { color: #555; }
`;

const SCRIPT = `
  const by = (id) => document.getElementById(id);
  const json = async (path, options) => {
    const response = await fetch(path, options);
    const body = await response.json();
    if (!response.ok) throw new Error(body.error);
    return body;
  };
  const cell = (row, text, className = '') => {
    const td = row.insertCell();
    td.textContent = text;
    td.className = className;
  };
  let kinds = [];
  let chosen;
  let shown;

  async function start() {
    kinds = await json('/reports');
    for (const { kind } of kinds) by('kind').add(new Option(kind));
    showExample();
    await refresh();
  }

  function showExample() {
    const report = kinds.find(({ kind }) => kind === by('kind').value);
    by('description').textContent = report.description;
    by('parameters').value = JSON.stringify(report.example, null, 2);
  }

  async function refresh() {
    try {
      const [jobs, pool] = await Promise.all([json('/jobs'), json('/pool')]);
      showJobs(jobs);
      by('pool').textContent = Object.entries(pool).map(([name, count]) => name + ' ' + count).join(' · ');
      by('state').textContent = '';
    } catch (error) {
      by('state').textContent = error.message;
    }
    setTimeout(refresh, 2000);
  }

  function showJobs(jobs) {
    const body = by('jobs');
    body.replaceChildren();
    for (const job of jobs) {
      const row = body.insertRow();
      row.className = job.id === chosen ? 'chosen' : '';
      row.onclick = () => choose(job.id);
      cell(row, job.id);
      cell(row, job.kind);
      cell(row, JSON.stringify(job.parameters));
      cell(row, job.status, job.status);
      cell(row, job.error ?? (job.result ? job.result.rowCount + ' rows' : ''));
    }
    chosen ??= jobs.find((job) => job.status === 'done')?.id;
    const current = jobs.find((job) => job.id === chosen);
    if (current && shown !== current.id + current.status) choose(current.id);
  }

  async function choose(id) {
    chosen = id;
    const job = await json('/jobs/' + id);
    shown = job.id + job.status;
    by('result').textContent = job.error ?? job.status;
    by('chart').replaceChildren();
    if (!job.result) return;
    const { rowCount, rows, stream, chart } = job.result;
    by('result').textContent = job.kind + ': ' + rowCount + ' rows, the first ' + rows.length + ' drawn. ';
    const link = by('result').appendChild(document.createElement('a'));
    link.href = stream;
    link.textContent = 'All rows';
    draw(rows, chart);
  }

  function draw(rows, { label, value }) {
    const [width, height, foot] = [900, 260, 70];
    const most = Math.max(...rows.map((row) => row[value]), 1);
    const step = width / Math.max(rows.length, 1);
    const svg = (name, attributes, text) => {
      const node = document.createElementNS('http://www.w3.org/2000/svg', name);
      for (const [key, each] of Object.entries(attributes)) node.setAttribute(key, each);
      if (text !== undefined) node.textContent = text;
      return node;
    };
    const chart = svg('svg', { viewBox: '0 0 ' + width + ' ' + (height + foot), role: 'img' });
    rows.forEach((row, at) => {
      const tall = (row[value] / most) * (height - 20);
      const bar = svg('rect', { x: at * step + step * 0.1, y: height - tall, width: step * 0.8, height: tall });
      bar.append(svg('title', {}, row[label] + ': ' + row[value]));
      chart.append(bar);
      if (rows.length > 40) return;
      const x = at * step + step / 2;
      const place = { x, y: height + 12, transform: 'rotate(35 ' + x + ' ' + (height + 12) + ')' };
      chart.append(svg('text', place, row[label]));
    });
    chart.append(svg('text', { x: 0, y: 12 }, value + ', up to ' + most));
    by('chart').replaceChildren(chart);
  }

  by('kind').onchange = showExample;
  by('form').onsubmit = async (event) => {
    event.preventDefault();
    by('message').textContent = '';
    try {
      const parameters = JSON.parse(by('parameters').value);
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ kind: by('kind').value, parameters });
      const job = await json('/jobs', { method: 'POST', headers, body });
      chosen = job.id;
    } catch (error) {
      by('message').textContent = error.message;
    }
  };
  start();
`;

/** The whole page: it needs nothing from elsewhere. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Reporting</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<h1>Reporting</h1>
<p>Pool: <span id="pool">…</span> <span id="state" class="failed"></span></p>
<h2>Ask for a report</h2>
<form id="form">
<p><label>Kind <select id="kind"></select></label> <span id="description"></span></p>
<p><label>Parameters <textarea id="parameters" rows="5"></textarea></label></p>
<p><button>Post the job</button> <span id="message"></span></p>
</form>
<h2>Jobs</h2>
<table><thead><tr><th>Id</th><th>Kind</th><th>Parameters</th><th>Status</th><th>Result</th></tr></thead><tbody id="jobs"></tbody></table>
<h2>Result</h2>
<p id="result">Choose a job.</p>
<div id="chart"></div>
<script>${SCRIPT}</script>
</body>
</html>
`;
