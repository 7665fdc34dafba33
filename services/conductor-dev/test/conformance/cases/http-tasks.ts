import type { Case } from '../types.ts';
import { get, inline, post, put, system, workflow } from '../types.ts';

const call = (http_request: object | null, extra: object = {}) => system('HTTP', 'call', { http_request }, extra);
const start = { do: 'start' as const };
const prefix = 'Failed to invoke HTTP task due to: ';

/** A request whose answer is taken: what the task's output holds of it. */
const answered = (name: string, request: object, response: object, why?: string): Case => ({
  name,
  ...(why ? { why } : {}),
  workflows: [workflow([call({ method: 'GET', ...request })])],
  steps: [start, { do: 'expect', status: 'COMPLETED', tasks: [['call', 'COMPLETED', { outputData: { response } }]] }],
});
/** A request that fails: the fault as output, and with a prefix as reason. */
const refused = (name: string, request: object, fault: string): Case => ({
  name,
  workflows: [workflow([call({ method: 'GET', ...request })])],
  steps: [
    start,
    {
      do: 'expect',
      status: 'FAILED',
      output: { response: fault },
      tasks: [['call', 'FAILED', { reasonForIncompletion: prefix + fault }]],
    },
  ],
});
/** A request that is not even made. */
const invalid = (name: string, inputParameters: object, reason: string): Case => ({
  name,
  workflows: [workflow([system('HTTP', 'call', inputParameters)])],
  steps: [start, { do: 'expect', status: 'FAILED', tasks: [['call', 'FAILED', { reasonForIncompletion: reason }]] }],
});
const headers = 'of the headers of an answer only those that do not depend on the connection are compared';

export const httpTasks: Case[] = [
  {
    name: 'an HTTP task runs beside its workflow and hands on what came back',
    why: headers,
    workflows: [
      workflow([
        call({ uri: '${workflow.input.at}', method: 'GET' }),
        inline('after', '$.b + 1', { b: '${call.output.response.body.a[0]}' }),
      ]),
    ],
    steps: [
      { ...start, input: { at: '{http}/json' } },
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 2 },
        tasks: [
          [
            'call',
            'COMPLETED',
            {
              ...{ taskType: 'HTTP', taskDefName: 'call', pollCount: 1, callbackAfterSeconds: 0 },
              inputData: { asyncComplete: false, http_request: { uri: '{http}/json', method: 'GET' } },
              outputData: {
                response: {
                  ...{ statusCode: 200, reasonPhrase: 'OK', body: { a: [1, 2.5, { b: null }], c: 'x' } },
                  headers: { 'content-type': ['application/json'], 'X-One': ['1'], 'X-Two': ['a', 'b'] },
                },
              },
            },
          ],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'the request may stand in the parameters themselves',
    workflows: [workflow([system('HTTP', 'call', { uri: '{http}/json', method: 'GET' })])],
    steps: [start, { do: 'expect', status: 'COMPLETED', tasks: [['call', 'COMPLETED']] }],
  },
  answered(
    'a POST sends JSON',
    { uri: '{http}/echo', method: 'POST', body: { a: 1, b: [null, 2.5] } },
    {
      body: {
        ...{ method: 'POST', url: '/echo', body: '{"a":1,"b":[null,2.5]}' },
        headers: { accept: 'application/json', 'content-type': 'application/json' },
      },
    },
    headers,
  ),
  answered(
    'text is sent as it is, with the types and headers given',
    {
      ...{ uri: '{http}/echo', method: 'PUT', body: 'plain', contentType: 'text/plain', accept: 'text/html' },
      headers: { 'X-A': 'b', 'X-N': 5, 'X-None': null, 'X-List': [1, 2], Authorization: 'Bearer x' },
    },
    {
      body: {
        ...{ method: 'PUT', body: 'plain' },
        headers: {
          ...{ accept: 'text/html', 'content-type': 'text/plain', authorization: 'Bearer x' },
          ...{ 'x-a': 'b', 'x-n': '5', 'x-list': '[1, 2]' },
        },
      },
    },
    headers,
  ),
  answered(
    'a GET may have a body',
    { uri: '{http}/echo', body: { a: 1 } },
    { body: { method: 'GET', body: '{"a":1}' } },
  ),
  answered('DELETE', { uri: '{http}/echo', method: 'DELETE' }, { body: { method: 'DELETE', body: '' } }),
  answered('HEAD', { uri: '{http}/json', method: 'HEAD' }, { body: null, statusCode: 200 }),
  answered(
    'what a URL may not hold is encoded, and what is encoded already once more',
    { uri: '{http}/echo?a=%20b c' },
    { body: { url: '/echo?a=%2520b%20c' } },
  ),
  ...(
    [
      ['"text"', 'application/json', 'text'],
      ['1.50', 'application/json', 1.5],
      ['true', 'application/json', 'true'],
      ['null', 'application/json', 'null'],
      ['{bad', 'application/json', '{bad'],
      ['[1,"a"]', 'text/plain', [1, 'a']],
      ['<a/>', 'text/xml', '<a/>'],
      ['', 'text/plain', null],
    ] as const
  ).map(([body, type, value]) =>
    answered(
      `an answer of ${type}: ${body || 'nothing'}`,
      { uri: `{http}/answer?type=${type}&body=${body}` },
      { body: value },
    ),
  ),
  answered('201', { uri: '{http}/answer?status=201&body=1' }, { statusCode: 201, reasonPhrase: 'Created' }),
  answered('204', { uri: '{http}/answer?status=204' }, { statusCode: 204, reasonPhrase: 'No Content', body: null }),
  answered('a redirect is followed', { uri: '{http}/answer?status=302&location=/json' }, { body: { c: 'x' } }),
  answered(
    'a redirect of a POST becomes a GET',
    { uri: '{http}/answer?status=302&location=/echo', method: 'POST', body: { a: 1 } },
    { body: { method: 'GET', body: '' } },
  ),
  answered(
    'but not 307',
    { uri: '{http}/answer?status=307&location=/echo', method: 'POST', body: { a: 1 } },
    { body: { method: 'POST', body: '{"a":1}' } },
  ),
  refused(
    'a redirect to itself',
    { uri: '{http}/loop' },
    'java.lang.Exception: I/O error on GET request for "{http}/loop": Circular redirect to \'{http}/loop\'',
  ),
  ...([400, 404, 500] as const).map((status) =>
    refused(
      `${status} fails the task`,
      { uri: `{http}/answer?status=${status}&body=why` },
      `java.lang.Exception: ${status} ${{ 400: 'Bad Request', 404: 'Not Found', 500: 'Internal Server Error' }[status]} on GET request for "{http}/answer": "why"`,
    ),
  ),
  refused(
    'a failure without a body',
    { uri: '{http}/answer?status=500', method: 'POST', body: 'x' },
    'java.lang.Exception: 500 Internal Server Error on POST request for "{http}/answer": [no body]',
  ),
  {
    name: '304 is no success either',
    workflows: [workflow([call({ uri: '{http}/answer?status=304', method: 'GET' })])],
    steps: [
      start,
      {
        do: 'expect',
        status: 'FAILED',
        tasks: [
          [
            'call',
            'FAILED',
            {
              reasonForIncompletion: 'No response from the remote service',
              outputData: { response: { statusCode: 304, reasonPhrase: 'Not Modified', body: null } },
            },
          ],
        ],
      },
    ],
  },
  refused(
    'a status that does not exist',
    { uri: '{http}/answer?status=299' },
    'java.lang.IllegalArgumentException: No matching constant for [299]',
  ),
  refused(
    'a server that is overloaded is asked twice',
    { uri: '{http}/count?status=503&key=@@a' },
    'java.lang.Exception: 503 Service Unavailable on GET request for "{http}/count": "2"',
  ),
  refused(
    'an answer that comes too late',
    { uri: '{http}/slow?ms=3000', readTimeOut: 300 },
    'java.lang.Exception: I/O error on GET request for "{http}/slow": Read timed out',
  ),
  refused(
    'a server that hangs up',
    { uri: '{http}/hang-up', method: 'POST', body: 'x' },
    'java.lang.Exception: I/O error on POST request for "{http}/hang-up": {host} failed to respond',
  ),
  refused(
    'a server that is not there',
    { uri: 'http://127.0.0.1:1/x' },
    'java.lang.Exception: I/O error on GET request for "http://127.0.0.1:1/x": Connect to http://127.0.0.1:1 failed: Connection refused',
  ),
  refused(
    'a method in small letters',
    { uri: '{http}/json', method: 'get' },
    'java.lang.IllegalArgumentException: Invalid HTTP method: get',
  ),
  refused(
    'an accept that is no type',
    { uri: '{http}/json', accept: 'nonsense' },
    'org.springframework.http.InvalidMediaTypeException: Invalid mime type "nonsense": does not contain \'/\'',
  ),
  refused(
    'an object as anything but JSON',
    { uri: '{http}/echo', method: 'POST', body: { a: 1 }, contentType: 'application/x-www-form-urlencoded' },
    'java.lang.Exception: No HttpMessageConverter for java.util.LinkedHashMap and content type "application/x-www-form-urlencoded"',
  ),
  refused(
    'a variable in the URL',
    { uri: '{http}/x?{a}' },
    "java.lang.IllegalArgumentException: Not enough variable values available to expand 'a'",
  ),
  refused(
    'another scheme',
    { uri: 'ftp://127.0.0.1/x' },
    'java.lang.Exception: I/O error on GET request for "ftp://127.0.0.1/x": Unroutable protocol scheme: ftp://127.0.0.1',
  ),
  invalid('a request without a method', { http_request: { uri: '{http}/json' } }, 'No HTTP method specified'),
  invalid(
    'a request without a URL',
    { http_request: { method: 'GET', uri: '${workflow.input.none}' } },
    'Missing HTTP URI.  See documentation for HttpTask for required input parameters',
  ),
  invalid(
    'no request',
    { http_request: null },
    'Missing HTTP URI.  See documentation for HttpTask for required input parameters',
  ),
  {
    name: 'asyncComplete leaves the task to whoever was called',
    workflows: [workflow([call({ uri: '{http}/answer?body=1', method: 'GET' }, { asyncComplete: true })])],
    steps: [
      start,
      get(
        '/workflow/{id}',
        200,
        { status: 'RUNNING', tasks: [{ status: 'IN_PROGRESS', outputData: { response: { body: 1 } } }] },
        { eventually: true },
      ),
      post('/tasks/{id}/call/COMPLETED', { z: 1 }, 200, '<id>'),
      { do: 'expect', status: 'COMPLETED' },
      get('/workflow/{id}', 200, { output: { z: 1, response: { body: 1 } } }),
    ],
  },
  {
    name: 'an optional request that fails',
    workflows: [
      workflow([call({ uri: '{http}/answer?status=500', method: 'GET' }, { optional: true }), inline('after', '1')]),
    ],
    steps: [
      start,
      {
        do: 'expect',
        status: 'COMPLETED',
        output: { result: 1 },
        tasks: [
          ['call', 'COMPLETED_WITH_ERRORS'],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a request is retried as its definition says',
    taskDefs: [{ name: '@@call', ownerEmail: 'a@example.com', retryCount: 1, retryDelaySeconds: 1 }],
    workflows: [workflow([{ ...call({ uri: '{http}/count?status=500&key=@@b', method: 'GET' }), name: '@@call' }])],
    steps: [
      start,
      {
        do: 'expect',
        status: 'FAILED',
        tasks: [
          ['call', 'FAILED', { retried: true }],
          ['call', 'FAILED', { retryCount: 1 }],
        ],
      },
    ],
  },
  {
    name: 'a request that failed is made again when the workflow is retried',
    workflows: [workflow([call({ uri: '{http}/count?status=500&good=2&key=@@c', method: 'GET' })])],
    steps: [
      start,
      { do: 'expect', status: 'FAILED' },
      post('/workflow/{id}/retry', undefined, 204),
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['call', 'FAILED', { retried: true }],
          ['call', 'COMPLETED', { retryCount: 1, outputData: { response: { body: 2 } } }],
        ],
      },
    ],
  },
  {
    name: 'the answer of a request reaches a workflow that was paused meanwhile',
    workflows: [workflow([call({ uri: '{http}/slow?ms=500', method: 'GET' }), inline('after', '1')])],
    steps: [
      start,
      put('/workflow/{id}/pause', 200),
      { do: 'expect', status: 'PAUSED', eventually: true, tasks: [['call', 'COMPLETED']] },
      put('/workflow/{id}/resume', 200),
      {
        do: 'expect',
        status: 'COMPLETED',
        tasks: [
          ['call', 'COMPLETED'],
          ['after', 'COMPLETED'],
        ],
      },
    ],
  },
  {
    name: 'a workflow that is terminated while its request is out',
    why: 'on the real server the task may read SCHEDULED again when its request comes back: it is not compared',
    workflows: [workflow([call({ uri: '{http}/slow?ms=700', method: 'GET' })])],
    steps: [
      start,
      { do: 'expect', status: 'RUNNING', tasks: [['call', 'SCHEDULED']] },
      { do: 'http', method: 'DELETE', path: '/workflow/{id}', status: 200 },
      { do: 'expect', status: 'TERMINATED' },
    ],
  },
];
