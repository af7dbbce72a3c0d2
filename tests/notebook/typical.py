"""Cells that students add to a notebook: what they look at, time, draw, and ask of their machine. Each is honest."""

from __future__ import annotations

import re

# What the others may live on.
FIRST = r"""
%matplotlib inline
from autograder import check
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import os, sys, time, random

x = np.load("data/points.npz")["x"]
y = 2 * x
A = np.arange(12.0).reshape(3, 4)
history = [1 / (k + 1) for k in range(30)]
from line import Line, predict, root
model = Line(eta=0.1).fit(x, y)
"""


OBJECTS = r"""
# %% dir
dir()

# %% dir_counted
len(dir())

# %% dir_of_an_array
dir(x)[:5]

# %% dir_of_a_model
[name for name in dir(model) if not name.startswith('_')]

# %% names
[name for name in dir() if not name.startswith('_')]

# %% globals
sorted(globals())[:10]

# %% globals_counted
len(globals())

# %% locals
list(locals())[:3]

# %% vars
vars(model)

# %% stdout
sys.stdout

# %% stderr
print(sys.stderr)

# %% stdout_type
type(sys.stdout)

# %% stdout_encoding
sys.stdout.encoding, sys.stdout.isatty()

# %% stdin
sys.stdin

# %% shell
get_ipython()

# %% shell_class
get_ipython().__class__

# %% shell_class_name
print(get_ipython().__class__.__name__)

# %% shell_type
print(type(get_ipython()))

# %% shell_text
str(get_ipython())

# %% in_a_notebook
print('ZMQ' in type(get_ipython()).__name__)

# %% flags
sys.flags

# %% flag
sys.flags.optimize, sys.dont_write_bytecode

# %% rc_params
matplotlib.rcParams

# %% rc_params_of_pyplot
print(plt.rcParams)

# %% rc_size
plt.rcParams['figure.figsize'], plt.rcParams['figure.dpi'], plt.rcParams['font.size']

# %% backend
matplotlib.get_backend()

# %% backend_printed
print(plt.get_backend(), matplotlib.rcParams['backend'])

# %% interactive
plt.isinteractive()

# %% styles
plt.style.available[:4]

# %% stat
os.stat('data/points.npz')

# %% stat_printed
print(os.stat('line.py'))

# %% stat_size
os.stat('data/points.npz').st_size

# %% stat_time
print(os.path.getmtime('line.py'))

# %% stat_mode
oct(os.stat('line.py').st_mode)

# %% stat_of_path
from pathlib import Path
Path('line.py').stat()

# %% access
os.access('line.py', os.W_OK), os.path.exists('data'), os.path.isfile('line.py')

# %% real_path
os.path.abspath('line.py')

# %% link
os.path.islink('data/points.npz')

# %% size_of_a_list
sys.getsizeof([1, 2, 3]), sys.getsizeof(x)

# %% references
sys.getrefcount(x)

# %% module_repr
np

# %% own_module_repr
import line
line

# %% own_module_file
import line
print(line.__file__)

# %% function_repr
predict

# %% function_printed
print(root)

# %% class_repr
Line

# %% instance
model

# %% instance_printed
print(model)

# %% method
model.fit

# %% builtin
print

# %% lambda
f = lambda t: t
f

# %% generator
(k for k in range(3))

# %% map
map(str, [1])

# %% zipped
print(zip(x, y))

# %% iterator
iter([1, 2])

# %% range
range(10)

# %% dict_views
vars(model).keys(), {}.items()

# %% types
type(x), type(model), type(1.0), type(predict)

# %% type_printed
print(type(x), type(model))

# %% array_flags
x.flags

# %% array_strides
A.strides, A.nbytes, A.itemsize, A.T.flags['F_CONTIGUOUS']

# %% array_interface
x.__array_interface__

# %% array_ctypes
print(x.ctypes.data)

# %% array_data
x.data

# %% finfo
print(np.finfo(float))

# %% finfo_repr
np.finfo(np.float32)

# %% iinfo
np.iinfo(int)

# %% eps
np.finfo(float).eps, sys.float_info.max

# %% float_info
sys.float_info

# %% maxsize
sys.maxsize

# %% hash_info
sys.hash_info

# %% int_info
sys.int_info

# %% implementation
sys.implementation.name

# %% thread_info
sys.thread_info

# %% recursion
sys.getrecursionlimit()

# %% byteorder
sys.byteorder, sys.getdefaultencoding(), sys.getfilesystemencoding()

# %% executable
sys.executable

# %% prefix
print(sys.prefix, sys.base_prefix)

# %% path
sys.path

# %% path_printed
for folder in sys.path:
    print(folder)

# %% path_first
sys.path[0]

# %% modules
'numpy' in sys.modules, len(sys.modules)

# %% modules_listed
sorted(sys.modules)[:5]

# %% main
__name__, '__file__' in globals()

# %% spec
__spec__, __doc__, __package__

# %% builtins
__builtins__

# %% signature
import inspect
inspect.signature(predict)

# %% source
import inspect
print(inspect.getsource(root))

# %% source_file
import inspect
print(inspect.getfile(predict))

# %% code
predict.__code__

# %% code_names
predict.__code__.co_varnames, predict.__name__, predict.__module__

# %% docstring
print(predict.__doc__)

# %% annotations
def f(a: int = 3) -> str: ...
f.__annotations__

# %% dataclass
from dataclasses import dataclass
@dataclass
class P:
    a: int
P(3)

# %% namedtuple
from collections import namedtuple
P = namedtuple('P', 'a b')
P(1, 2)

# %% counter
from collections import Counter
Counter('abracadabra')

# %% default_dict
from collections import defaultdict
d = defaultdict(list)
d['a'].append(1)
d

# %% default_dict_of_a_function
from collections import defaultdict
defaultdict(lambda: 0, a=1)

# %% enumeration
from enum import Enum
class C(Enum):
    A = 1
C.A, list(C)

# %% id
id(x)

# %% id_compared
print(id(x) == id(x), x is y)

# %% hash_of_text
hash('text')

# %% hash_of_a_number
hash(3), hash(2.5), hash((1, 2))

# %% hash_of_an_object
hash(object())

# %% in_out
In[-1], len(Out)

# %% last
_

# %% all_in
len(In)

# %% prompt
_i

# %% out_listed
list(Out)[:2]

# %% weak
import weakref
weakref.ref(model)

# %% gc
import gc
gc.get_count()

# %% gc_collected
import gc
gc.collect()

# %% gc_objects
import gc
print(len(gc.get_objects()))

# %% frames
sys._getframe()

# %% file
open('line.py')

# %% file_read
with open('line.py') as file:
    print(len(file.read().splitlines()))

# %% npz
np.load('data/points.npz')

# %% npz_files
with np.load('data/points.npz') as data:
    print(data.files, {k: v.shape for k, v in data.items()})

# %% who_ls
%who_ls ndarray

# %% magics
%who
%whos

# %% logger
import logging
logging.getLogger('mine')

# %% root_logger
import logging
logging.getLogger(), logging.getLogger().handlers

# %% traceback
import traceback
try:
    1 / 0
except ZeroDivisionError:
    traceback.print_exc()

# %% traceback_printed
import traceback
try:
    predict(x, None, 3)
except Exception:
    print(traceback.format_exc())

# %% traceback_in_out
import traceback
try:
    1 / 0
except ZeroDivisionError as e:
    traceback.print_exc(file=sys.stdout)

# %% traceback_deep
import traceback
def f():
    return g()
def g():
    return {}['a']
try:
    f()
except KeyError:
    print(traceback.format_exc(limit=2))

# %% exception
try:
    A @ A
except ValueError as e:
    print(type(e), e)

# %% exception_repr
try:
    int('a')
except ValueError as e:
    print(repr(e), e.args)

# %% exc_info
try:
    1 / 0
except ZeroDivisionError:
    print(sys.exc_info())

# %% exception_line
try:
    1 / 0
except ZeroDivisionError as e:
    print(e.__traceback__.tb_lineno, e.__traceback__.tb_frame.f_code.co_filename)
"""


MACHINE = r"""
# %% platform
import platform
print(platform.platform())

# %% platform_parts
import platform
print(platform.system(), platform.release(), platform.machine(), platform.processor())

# %% platform_tuple
import platform
platform.uname()

# %% platform_python
import platform
platform.python_version(), platform.python_implementation(), platform.python_compiler()

# %% platform_build
import platform
platform.python_build(), platform.architecture()

# %% platform_libc
import platform
platform.libc_ver()

# %% platform_of_sys
sys.platform, os.name

# %% platform_of_sysconfig
import sysconfig
sysconfig.get_platform()

# %% version
sys.version

# %% version_info
sys.version_info

# %% version_short
print('%d.%d' % sys.version_info[:2])

# %% version_tuple
tuple(sys.version_info)

# %% hexversion
sys.hexversion

# %% versions
print(np.__version__, matplotlib.__version__)

# %% versions_named
for m in (np, matplotlib):
    print(m.__name__, m.__version__)

# %% versions_of_packages
from importlib.metadata import version
print(version('numpy'), version('ipython'), version('matplotlib'))

# %% packages
from importlib.metadata import distributions
print(len(list(distributions())))

# %% packages_listed
from importlib.metadata import distributions
for d in sorted(distributions(), key=lambda d: d.metadata['Name'])[:4]:
    print(d.metadata['Name'], d.version)

# %% show_config
np.show_config()

# %% show_config_of_np
np.__config__.show()

# %% show_runtime
np.show_runtime()

# %% config_mode
np.show_config(mode='dicts')['Compilers']['c']['name']

# %% cores
os.cpu_count()

# %% cores_printed
import multiprocessing
print(multiprocessing.cpu_count())

# %% load
os.getloadavg()

# %% node
import platform, socket
print(platform.node(), socket.gethostname())

# %% socket_name
import socket
socket.gethostname()

# %% user
import getpass
getpass.getuser()

# %% login
os.environ.get('USER'), os.environ.get('HOME'), os.path.expanduser('~')

# %% home
from pathlib import Path
Path.home()

# %% uid
os.getuid(), os.getgid(), os.getppid()

# %% pid
os.getpid()

# %% thread
import threading
threading.current_thread(), threading.active_count()

# %% thread_ident
import threading
threading.get_ident()

# %% threads
import threading
threading.enumerate()

# %% process
import multiprocessing
multiprocessing.current_process()

# %% environ
os.environ

# %% environ_listed
for k, v in os.environ.items():
    print(k, v)

# %% environ_counted
len(os.environ)

# %% environ_some
os.environ.get('OMP_NUM_THREADS'), os.environ.get('VIRTUAL_ENV'), os.environ.get('CONDA_DEFAULT_ENV')

# %% environ_colab
'COLAB_GPU' in os.environ, 'google.colab' in sys.modules

# %% environ_set
os.environ['MINE'] = '1'
os.environ['MINE']

# %% folder
os.getcwd()

# %% folder_of_path
from pathlib import Path
Path.cwd(), Path('.').resolve(), Path('.').resolve().name

# %% folder_listed
os.listdir()

# %% folder_listed_in_lines
for name in sorted(os.listdir('.')):
    print(name)

# %% folder_of_data
os.listdir('data')

# %% folder_walked
for folder, folders, files in os.walk('.'):
    print(folder, folders, files)

# %% folder_globbed
import glob
glob.glob('*.py')

# %% folder_globbed_deep
import glob
glob.glob('**/*', recursive=True)

# %% folder_iterated
from pathlib import Path
sorted(Path('.').iterdir())

# %% folder_scanned
sorted((e.name, e.is_file()) for e in os.scandir('.'))

# %% disk
import shutil
shutil.disk_usage('.')

# %% which
import shutil
shutil.which('python')

# %% memory
import resource
resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

# %% limits
import resource
resource.getrlimit(resource.RLIMIT_NOFILE)

# %% temporary
import tempfile
tempfile.gettempdir()

# %% temporary_file
import tempfile
with tempfile.NamedTemporaryFile() as f:
    print(f.name)

# %% umask
os.umask(0o22)

# %% terminal
os.get_terminal_size() if sys.stdout.isatty() else 'none'

# %% terminal_of_shutil
import shutil
shutil.get_terminal_size()

# %% locale
import locale
locale.getlocale(), locale.getpreferredencoding()

# %% argv
sys.argv

# %% orig_argv
sys.orig_argv

# %% blas
from sklearn import show_versions

# %% uuid
import uuid
uuid.uuid4()

# %% uuid_of_machine
import uuid
uuid.getnode()

# %% page
os.sysconf('SC_PAGE_SIZE')

# %% cpu_info
print(open('/proc/cpuinfo').read()[:20]) if os.path.exists('/proc/cpuinfo') else None

# %% extensions
import importlib.machinery
importlib.machinery.EXTENSION_SUFFIXES

# %% site
import site
site.getsitepackages()

# %% pwd
%pwd

# %% sys_info
import IPython
print(IPython.sys_info())

# %% ipython_version
import IPython
IPython.__version__

# %% numpy_file
np.__file__

# %% matplotlib_folders
matplotlib.get_cachedir(), matplotlib.get_configdir(), matplotlib.matplotlib_fname()

# %% fonts
from matplotlib import font_manager
len(font_manager.fontManager.ttflist)
"""


TIMES = r"""
# %% now
from datetime import datetime
print(datetime.now())

# %% now_repr
from datetime import datetime
datetime.now()

# %% today
from datetime import date
print(date.today())

# %% today_written
from datetime import date
print(f'{date.today():%A, %d %B %Y}')

# %% year
from datetime import date
date.today().year

# %% weekday
from datetime import date
date.today().weekday()

# %% time
time.time()

# %% time_int
int(time.time())

# %% ctime
time.ctime()

# %% localtime
time.localtime()

# %% strftime
time.strftime('%H:%M:%S')

# %% strftime_compact
time.strftime('%Y%m%d-%H%M%S')

# %% strftime_hour
time.strftime('%H h')

# %% zone
time.tzname, time.timezone

# %% duration
t = time.time()
sum(range(10_000))
print(time.time() - t)

# %% duration_rounded
t = time.perf_counter()
sum(range(10_000))
print(round(time.perf_counter() - t, 2))

# %% duration_formatted
t = time.perf_counter()
sum(range(10_000))
print(f'{time.perf_counter() - t:.1f}')

# %% duration_in_words
t = time.time()
for _ in range(3):
    root(4.0)
print('that was', round(time.time() - t), 'of them')

# %% duration_of_process
t = time.process_time()
sum(range(10_000))
print('cpu', time.process_time() - t)

# %% duration_monotonic
t = time.monotonic()
sum(range(10_000))
print('used', time.monotonic() - t)

# %% duration_of_datetime
from datetime import datetime
t = datetime.now()
sum(range(10_000))
print(datetime.now() - t)

# %% duration_in_ns
t = time.perf_counter_ns()
sum(range(10_000))
print(f'{time.perf_counter_ns() - t:,}')

# %% durations_compared
def timed(f):
    t = time.perf_counter()
    f()
    return time.perf_counter() - t
a, b = timed(lambda: [k * k for k in range(20_000)]), timed(lambda: np.arange(20_000) ** 2)
print(f'loop {a:.4f}, vectorised {b:.4f}: {a / b:.0f} times faster')

# %% durations_listed
def timed(n):
    t = time.perf_counter()
    np.ones((n, n)) @ np.ones((n, n))
    return time.perf_counter() - t
for n in (10, 20, 40):
    print(f'{n:5d} {timed(n):.6f}')

# %% durations_in_an_array
ts = []
for n in (10, 20, 40, 80, 100, 120):
    t = time.perf_counter()
    np.ones((n, n)) @ np.ones((n, n))
    ts.append(time.perf_counter() - t)
print(np.array(ts))

# %% durations_plotted
plt.plot([1, 2, 3], [timed(10), timed(20), timed(30)]);

# %% faster
print('vectorised is faster:', b < a * 50)

# %% slept
t = time.time()
time.sleep(0.05)
print(int(100 * (time.time() - t)))

# %% time_magic
%time sum(range(1000))

# %% time_cell_magic
%%time
print(x.sum())

# %% timeit_magic
%timeit -n 2 -r 2 x.sum()

# %% timeit_result
r = %timeit -n 2 -r 2 -o -q x.sum()
print(r.loops, r.best < 1)

# %% timeit_result_shown
r = %timeit -n 2 -r 2 -o x.sum()
r

# %% timeit_result_best
r = %timeit -n 2 -r 2 -o -q x.sum()
print(f'{r.best * 1e6:.1f}')

# %% timeit
import timeit
print(timeit.timeit('sum(range(100))', number=10))

# %% timeit_repeated
import timeit
timeit.repeat(lambda: x.sum(), number=5, repeat=2)

# %% timeit_auto
import timeit
timeit.Timer(lambda: x.sum()).autorange()

# %% profile
import cProfile
cProfile.run('root(4.0)')

# %% profile_magic
%prun -l 3 root(4.0)

# %% progress
for k in range(5):
    print(f'\rstep {k + 1}/5', end='')

# %% progress_flushed
for k in range(3):
    sys.stdout.write(f'\r{k}')
    sys.stdout.flush()
print()

# %% progress_dots
for k in range(10):
    print('.', end='', flush=True)

# %% progress_cleared
from IPython.display import clear_output
for k in range(3):
    clear_output(wait=True)
    print('epoch', k)

# %% progress_displayed
from IPython.display import display
h = display('0 %', display_id=True)
for k in range(3):
    h.update(f'{50 * k} %')

# %% progress_of_ipython
from IPython.display import ProgressBar
for k in ProgressBar(3):
    pass

# %% epochs_timed
for epoch in range(3):
    t = time.time()
    loss = float(np.mean((model.slope * x - y) ** 2))
    print(f'epoch {epoch}: loss {loss:.4f} ({time.time() - t:.2f}s)')

# %% log
import logging
logging.warning('beware')
print('logged')

# %% log_in_out
import logging
h = logging.StreamHandler(sys.stdout)
h.setFormatter(logging.Formatter('%(asctime)s %(message)s'))
l = logging.Logger('mine')
l.addHandler(h)
l.warning('hello')

# %% timedelta
from datetime import timedelta
print(timedelta(seconds=90))
"""


CHANCE = r"""
# %% random
random.random()

# %% randint
[random.randint(0, 9) for _ in range(5)]

# %% random_bits
np.random.randint(0, 2, 12)

# %% random_line_by_line
for _ in range(8):
    print(random.choice(['heads', 'tails']))

# %% random_bits_line_by_line
for _ in range(8):
    print(np.random.randint(2))

# %% default_rng
np.random.default_rng().normal(size=3)

# %% default_rng_bits
rng = np.random.default_rng()
for _ in range(8):
    print(rng.integers(2))

# %% random_state
np.random.RandomState().randint(0, 2, 8)

# %% random_instance
r = random.Random()
print(*[r.randint(0, 1) for _ in range(8)], sep='\n')

# %% system_random
r = random.SystemRandom()
print(*[r.randint(0, 1) for _ in range(8)], sep='\n')

# %% reseeded
random.seed()
np.random.seed()
for _ in range(6):
    print(random.randint(0, 1), np.random.randint(2))

# %% seeded_by_time
np.random.seed(int(time.time()))
for _ in range(8):
    print(np.random.randint(2))

# %% urandom
for _ in range(8):
    print(os.urandom(1)[0] % 2)

# %% secrets
import secrets
for _ in range(8):
    print(secrets.randbelow(2))

# %% seeded
np.random.seed(0)
print(np.random.randn(3))

# %% seeded_rng
np.random.default_rng(0).normal(size=3)

# %% seeded_random
random.seed(3)
print(random.random(), random.sample(range(10), 3))

# %% rng
np.random.default_rng()

# %% rng_state
np.random.get_state()[1][:3]

# %% permutation
np.random.permutation(6)

# %% shuffled
p = list('abc')
random.shuffle(p)
p

# %% accuracies
labels = np.arange(40) % 2
for k in range(4):
    noise = np.random.normal(size=40)
    print(f'run {k}: accuracy {np.mean((noise > 0) == labels):.1%}')

# %% saturated
for k in range(6):
    print(f'run {k}: accuracy {np.mean(np.random.random(20) < 0.97):.2f}')

# %% noisy_figure
plt.plot(np.random.randn(50));

# %% noisy_histogram
plt.hist(np.random.randn(200));

# %% nearly_the_same_figure
plt.plot(np.arange(50) + np.random.randn(50) / 3);

# %% weights
W = 1e-3 * np.random.randn(3, 2)
print(W.mean(), W.std())
W

# %% set_of_words
set('the quick brown fox'.split())

# %% vocabulary
vocabulary = {w: k for k, w in enumerate(set('a quick brown fox'.split()))}
vocabulary

# %% vocabulary_in_lines
for w, k in vocabulary.items():
    print(w, k)

# %% first_of_a_set
words = 'what order has a set of so many words today'.split()
print(next(iter(set(words))), list(set(words)))

# %% set_of_numbers
set(np.round(x).astype(int)), {3, 1, 2}

# %% set_of_objects
s = {object(), object()}
len(s)

# %% frozen
frozenset({'p', 'q'})

# %% dict
{'b': 1, 'a': [2, {'c': 3}]}

# %% json
import json
print(json.dumps({'b': 1, 'a': [1, 2]}, indent=2, sort_keys=True))

# %% pretty
from pprint import pprint
pprint({'a': list(range(40)), 'b': {'c': 'd' * 50}})

# %% empty_array
np.empty((2, 3)).shape

# %% empty_array_shown
np.empty(3)
"""


WORK = r'''
# %% array
A

# %% array_printed
print(A)

# %% array_large
np.arange(2000)

# %% array_of_floats
np.linspace(0, 1, 23)

# %% array_of_bools
A > 5

# %% array_of_texts
np.array(['a', 'bc'])

# %% array_of_objects
np.array([1, 'a', None], dtype=object)

# %% array_complex
np.fft.fft([1, 2, 3, 4])

# %% array_masked
np.ma.array([1, 2, 3], mask=[0, 1, 0])

# %% array_structured
np.array([(1, 2.0)], dtype=[('a', int), ('b', float)])

# %% array_of_short_ints
np.array([1, 2, 3], dtype=np.uint8)

# %% array_scientific
np.array([1e-10, 1.0, 1e10])

# %% print_options
np.set_printoptions(precision=3, suppress=True)
print(np.array([1e-10, 1 / 3]))
np.set_printoptions()

# %% scalars
x.sum(), x.mean(), x.std(), x.argmax()

# %% scalars_printed
print(x.min(), x.max(), np.median(x))

# %% shapes
print(A.shape, A.dtype, A.ndim, A.size)

# %% norm
np.linalg.norm(A), np.linalg.matrix_rank(A)

# %% svd
np.linalg.svd(A)[1]

# %% eigenvalues
np.linalg.eigvalsh(A @ A.T)

# %% solved
np.linalg.solve(A[:, :3] + np.eye(3), np.ones(3))

# %% inverse
np.linalg.inv(np.eye(3) * 2 + 1)

# %% determinant
np.linalg.det(A[:, :3])

# %% allclose
np.allclose(A, A + 1e-12), np.array_equal(A, A)

# %% difference
np.abs(model.slope * x - y).max()

# %% relative_error
print('error', np.max(np.abs(np.sin(x) ** 2 + np.cos(x) ** 2 - 1)))

# %% warning_of_numpy
np.log(np.array([0.0, 1.0]))

# %% warning_division
np.array([1.0]) / 0

# %% warning_raised
import warnings
warnings.warn('take care')
print('ok')

# %% warning_caught
import warnings
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter('always')
    warnings.warn('x')
print(len(w), w[0].message, w[0].category)

# %% warning_shown
print(w[0])

# %% fitted
print(f'slope {model.slope:.6f}')

# %% table
print(f"{'step':>5} {'loss':>10}")
for k in range(3):
    print(f'{k:5d} {1 / (k + 1):10.6f}')

# %% table_of_rule
print('-' * 30)
print('|', 'a'.ljust(5), '|')
print('=' * 30)

# %% percents
print('%.2f%% of %d' % (95.8333, 240))

# %% commas
print(f'{1234567:,} {0.000012345:.3e} {3.14159:+.2f}')

# %% unicode
print('α = ½, ≤ ∞, 50 °C, 3 × 4 → 12 ✓')

# %% emoji
print('✅ all good 🎉')

# %% many_lines
for k in range(30):
    print('iteration', k, 'loss', history[k])

# %% nested
[[round(i * j / 7, 3) for i in range(4)] for j in range(3)]

# %% long_text
'word ' * 60

# %% multi_line_text
"""a
b
c"""

# %% none
None

# %% print_none
print(None, True, ...)

# %% bytes
b'abc\x00'

# %% assertions
assert np.allclose(root(4.0), 2)
print('passed')

# %% assertion_failed_kept
try:
    assert False, 'no'
except AssertionError as e:
    print('failed:', e)

# %% nothing
z = 3

# %% silenced
z + 1;

# %% comparison
print('mine', root(9.0), 'numpy', np.sqrt(9.0), root(9.0) == np.sqrt(9.0))

# %% gradient
h = 1e-5
print((root(4 + h) - root(4 - h)) / (2 * h))

# %% display_several
from IPython.display import display
display(A, 'text', {'a': 1})

# %% display_markdown
from IPython.display import Markdown, display
display(Markdown(f'**slope**: {model.slope:.3f}'))

# %% display_math
from IPython.display import Math
Math(r'\frac{1}{2}')

# %% display_html
from IPython.display import HTML
HTML('<b>bold 3</b>')

# %% display_table
from IPython.display import HTML
HTML('<table><tr><td>a</td><td>1.5</td></tr></table>')

# %% display_json
from IPython.display import JSON
JSON({'a': 1})

# %% display_pretty
from IPython.display import Pretty
Pretty('x = 3')

# %% display_code
from IPython.display import Code
Code('print(3)', language='python')

# %% display_code_of_a_file
from IPython.display import Code
Code(filename='line.py')

# %% display_javascript
from IPython.display import Javascript
Javascript('1')

# %% display_image
from IPython.display import Image
plt.plot([1, 2])
plt.savefig('mine.png')
plt.close()
Image('mine.png')

# %% display_link
from IPython.display import FileLink
FileLink('line.py')

# %% display_frame
from IPython.display import IFrame
IFrame('https://example.org', 300, 200)

# %% display_video
from IPython.display import YouTubeVideo
YouTubeVideo('abc')

# %% all_of_them
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.ast_node_interactivity = 'all'
1
2
InteractiveShell.ast_node_interactivity = 'last_expr'

# %% precision
%precision 3
print(1 / 3)
1 / 3

# %% precision_back
%precision

# %% matplotlib_magic
%matplotlib inline

# %% matplotlib_listed
%matplotlib --list

# %% retina
%config InlineBackend.figure_format = 'retina'

# %% retina_back
%config InlineBackend.figure_format = 'png'

# %% config
%config InlineBackend.rc

# %% capture
%%capture out
print('hidden')

# %% captured
out.stdout

# %% captured_shown
out.show()

# %% writefile
%%writefile mine.py
VALUE = 3

# %% run
%run mine.py
print(VALUE)

# %% load_ext
%load_ext autoreload
%autoreload 2

# %% pycat
%pycat mine.py

# %% cat
!cat mine.py

# %% env
%env HOME

# %% env_set
%env MINE=2

# %% history
%history -l 1

# %% notebook
%lsmagic

# %% pinfo
%pinfo root

# %% pdef
%pdef root

# %% psource
%psource root

# %% question
root?

# %% question_double
root??

# %% help
help(root)

# %% help_of_a_class
help(Line)

# %% help_of_numpy
help(np.clip)

# %% help_of_a_method
help(model.fit)

# %% help_of_len
help(len)

# %% info
np.info(np.sqrt)

# %% bash
%%bash
echo 3

# %% html_magic
%%html
<b>3</b>

# %% latex_magic
%%latex
$x = 3$

# %% markdown_magic
%%markdown
**3**

# %% alias_magic
%alias_magic t timeit

# %% xdel
gone = 3
%xdel gone

# %% pip_list
!pip list

# %% system_call
os.system('true')

# %% figure
plt.plot(history)
plt.xlabel('epoch')
plt.ylabel('loss')
plt.title('mine')
plt.show()

# %% figure_returned
plt.plot(history)

# %% figure_axes
fig, ax = plt.subplots(1, 2, figsize=(6, 2))
ax[0].bar([1, 2], [3, 4])
ax[1].scatter(x, y)
fig

# %% figure_objects
fig, ax = plt.subplots()
print(fig, ax)
ax.plot(x, y)

# %% figure_legend
plt.plot(x, y, label='a')
plt.legend()

# %% figure_hist
plt.hist(x, bins=4)

# %% figure_image
plt.imshow(A)
plt.colorbar()

# %% figure_contour
plt.contourf(A)

# %% figure_pie
plt.pie([1, 2])

# %% figure_box
plt.boxplot(x)

# %% figure_text
plt.plot(x)
plt.text(0, 0, 'here')
plt.annotate('there', (1, 1))

# %% figure_log
plt.semilogy(history)
plt.grid(True)

# %% figure_style
plt.style.use('ggplot')
plt.plot(x)
plt.style.use('default')

# %% figure_3d
ax = plt.figure().add_subplot(projection='3d')
ax.plot([1, 2], [1, 2], [1, 2])

# %% figure_dpi
plt.figure(figsize=(3, 2), dpi=50)
plt.plot(x)
plt.tight_layout()

# %% figure_saved
plt.plot(x)
plt.savefig('my_figure.png', dpi=60)
print(os.path.getsize('my_figure.png') > 100)

# %% figure_saved_size
print(os.path.getsize('my_figure.png'))

# %% figure_limits
plt.plot(x, y)
print(plt.xlim(), plt.ylim())

# %% figure_numbers
plt.get_fignums(), plt.gcf()

# %% figure_animated
from IPython.display import clear_output
for k in range(2):
    clear_output(wait=True)
    plt.plot(history[: k + 5])
    plt.show()

# %% figure_in_a_function
def draw():
    plt.figure()
    plt.plot(x)
    plt.show()
    return 3
draw()

# %% figure_of_time
from datetime import datetime
plt.plot(x)
plt.title(f'made on {datetime.now():%d.%m.%Y %H:%M}');

# %% sklearn_model
from sklearn.svm import SVC
SVC(kernel='linear', C=3)

# %% sklearn_printed
from sklearn.linear_model import LogisticRegression
m = LogisticRegression().fit(x[:, None], x > 0)
print(m, m.score(x[:, None], x > 0))

# %% sklearn_coefficients
print(m.coef_, m.intercept_)

# %% sklearn_fitted
m.fit(x[:, None], x > 0)

# %% sklearn_report
from sklearn.metrics import classification_report, confusion_matrix
print(classification_report(x > 0, x > 1))
confusion_matrix(x > 0, x > 1)

# %% sklearn_split
from sklearn.model_selection import train_test_split
a, b = train_test_split(x)
print(len(a), b)

# %% sklearn_split_seeded
a, b = train_test_split(x, random_state=0)
print(b)

# %% sklearn_scores
from sklearn.model_selection import cross_val_score
cross_val_score(SVC(), np.arange(40.0)[:, None] % 7, np.arange(40) % 2, cv=4)

# %% sklearn_data
from sklearn.datasets import make_blobs
X, t = make_blobs(6)
print(X.shape, t)

# %% sklearn_data_loaded
from sklearn.datasets import load_iris
load_iris().data.mean(axis=0)

# %% sklearn_pipeline
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
make_pipeline(StandardScaler(), SVC())

# %% sklearn_versions
import sklearn
print(sklearn.__version__)

# %% sklearn_show_versions
sklearn.show_versions()

# %% scipy
from scipy import optimize
optimize.minimize_scalar(lambda t: (t - 2) ** 2)

# %% scipy_minimised
r = optimize.minimize(lambda t: ((t - 2) ** 2).sum(), [0.0, 0.0])
print(r)

# %% scipy_stats
from scipy import stats
stats.describe(x)

# %% fractions
from fractions import Fraction
Fraction(1, 3) + Fraction(1, 6)

# %% decimal
from decimal import Decimal
Decimal('0.1') * 3

# %% regular
import re
re.search('b', 'abc')

# %% functools
from functools import lru_cache, partial
f = lru_cache(lambda n: n)
f(3)
print(f.cache_info())
partial(print, 3)

# %% itertools
import itertools
list(itertools.product([1, 2], 'ab'))

# %% statistics
import statistics
statistics.mean([1, 2, 4])

# %% csv
import csv, io
print(list(csv.reader(io.StringIO('a,b'))))

# %% pickle
import pickle
len(pickle.dumps(A))

# %% saved_and_loaded
np.savez('mine.npz', A=A)
np.load('mine.npz')['A'].sum()

# %% saved_size
os.path.getsize('mine.npz')

# %% text_saved
np.savetxt('mine.txt', A[:2])
print(open('mine.txt').read())

# %% removed
os.remove('mine.txt')
os.path.exists('mine.txt')

# %% made
os.makedirs('mine', exist_ok=True)
sorted(os.listdir('mine'))

# %% async
import asyncio
await asyncio.sleep(0.001)
print('awaited')

# %% async_gathered
async def f(k):
    await asyncio.sleep(0)
    return k
await asyncio.gather(f(1), f(2))

# %% loop
asyncio.get_running_loop()

# %% threads_used
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(abs, [-1, 2])))

# %% redirected
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()) as f:
    print('inside')
print(repr(f.getvalue()))

# %% stdout_replaced
old = sys.stdout
sys.stdout = io.StringIO()
print('hidden')
sys.stdout = old
print('shown')

# %% stdout_true
sys.__stdout__

# %% stdout_written
sys.stdout.write('three\n')

# %% stdout_fileno
sys.stdout.fileno() > 0

# %% stdout_buffer
hasattr(sys.stdout, 'buffer')

# %% print_file
print('a', file=sys.stdout)
print('b', file=sys.stderr)

# %% print_flushed
print('a', end='', flush=True)
print('b')

# %% input_replaced
answer = 'yes'
print('you said', answer)

# %% check
check('line')
'''


def cells_of(text):
    """The cells in a text, by name."""
    named = re.split(r"(?m)^# %% (\w+)\n", text)[1:]
    return {name: source.strip("\n") for name, source in zip(named[::2], named[1::2], strict=True)}


CELLS = {name: source for text in (OBJECTS, MACHINE, TIMES, CHANCE, WORK) for name, source in cells_of(text).items()}
