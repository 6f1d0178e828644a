// The reference: Swagger UI over this stack's contract, and the demo user a click away.

const outcome = document.getElementById('outcome');
const logIn = document.getElementById('log-in');
const makeKey = document.getElementById('make-key');

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

async function json(path, request) {
  const response = await fetch(path, request);
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail ?? body.message ?? `${path} answered ${response.status}`);
  return body;
}

const post = (path, body, headers) =>
  json(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

function during(button, action) {
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      outcome.textContent = error.message;
    }
    button.disabled = false;
  });
}

async function show() {
  const [spec, demo] = await Promise.all([json('/docs/openapi.json'), json('/docs/demo.json')]);
  // Whoever tries the login finds somebody to log in.
  spec.components.examples.LoginRequest.value = { username: demo.username, password: demo.password };
  // An example is typed into its field: a cursor of another list would be sent, and refused.
  for (const parameter of Object.values(spec.components.parameters)) {
    if (!parameter.required) delete parameter.example;
  }
  const reference = SwaggerUIBundle({
    spec,
    dom_id: '#reference',
    deepLinking: true,
    displayOperationId: true,
    docExpansion: 'list',
    tryItOutEnabled: true,
    validatorUrl: null,
  });

  let jwt;
  during(logIn, async () => {
    const login = await post('/user/login', demo);
    jwt = login.Token;
    reference.preauthorizeApiKey('loginJwt', jwt);
    makeKey.disabled = false;
    outcome.textContent = `Logged in as ${login.Username}, whose id is ${login.Id}.`;
  });
  during(makeKey, async () => {
    const { token } = await post('/authheader/add', { name: 'docs' }, { authorization: jwt });
    reference.preauthorizeApiKey('apiKey', token);
    outcome.textContent = 'Logged in, with an API key named docs.';
  });
}

show().catch((error) => {
  outcome.textContent = error.message;
});
