"""Brings the stack to what the sources say, from nothing or from what runs, and takes it down again."""

from contextlib import ExitStack

from project import console, state
from project import template as templates
from project.progress import Failure, say, step
from project.settings import endpoint

from . import binaries, bridge, cloud, deploy, install, ports, processes, sam_files, stack_env
from .lock import exclusive
from .settings import PORT, PORT_IS_CHOSEN

Built = dict[str, binaries.Binary]
# More functions than this are counted, not named.
NAMED = 5


def up() -> bool:
    """Returns whether this call started the stack, rather than found it running."""
    with exclusive():
        console.try_ensure()
        if running := _running():
            _refresh(running, binaries.build())
            return False
        # Before the build, which may take minutes.
        ports.check_free(PORT)
        _create(binaries.build())
        return True


def down() -> bool:
    """Stops the stack. Returns whether there was one."""
    with exclusive():
        return _clear()


def _running() -> state.State | None:
    """The stack that runs whole. What is left of any other is cleared away."""
    known = state.load()
    if not (known and stack_env.PATH.exists() and processes.is_running(known.pid)):
        _clear()
        return None
    if PORT_IS_CHOSEN and known.port != PORT:
        raise Failure(f"The stack runs on port {known.port}. To move it to {PORT}, run make down first.")
    cloud.await_ready(known.pid, known.port)
    return known


def _clear() -> bool:
    stack_env.PATH.unlink(missing_ok=True)
    known = state.load()
    if not known:
        return False
    ended = processes.end(known.pid)
    if known.bridge:
        processes.end(known.bridge)
    state.forget()
    return ended


def _create(built: Built) -> None:
    with ExitStack() as undo:
        undo.callback(_clear)
        with step("starting the local cloud"):
            current = state.State(pid=cloud.start(PORT), port=PORT)
            current.save()
            cloud.await_ready(current.pid, PORT)
        values = stack_env.generate(PORT)
        stack_env.write(_deploy(current, built, values, update=False))
        _open_bridge(current)
        undo.pop_all()


def _refresh(current: state.State, built: Built) -> None:
    # Generated first: a newer version of this code may know more keys than the running stack.
    values = stack_env.generate(current.port) | stack_env.renewed(stack_env.read())
    same_binaries = all(name in built and built[name].digest == digest for name, digest in current.digest_of.items())
    if same_binaries and current.template == templates.digest():
        say("· the stack is up to date")
    else:
        values = _deploy(current, built, values, update=True)
    stack_env.write(values)
    _open_bridge(current)


def _open_bridge(current: state.State) -> None:
    current.bridge = bridge.ensure(current.bridge, current.port)
    current.save()


def _deploy(current: state.State, built: Built, values: stack_env.Values, *, update: bool) -> stack_env.Values:
    """The values with those that the API decides. The state is saved last: what is interrupted is done again."""
    template = templates.load()
    code = deploy.code_of(templates.binaries(template), built)
    changed = [binary for binary in code.values() if current.digest_of.get(binary.name) != binary.digest]
    names = [binary.name for binary in changed] if len(changed) <= NAMED else [f"{len(changed)} functions"]
    with step(f"deploying {', '.join(['template.yaml', *names])}"):
        release = deploy.Release(template, code, changed, endpoint(current.port), values["ELEVENLABS_API_URL"])
        values = install.stack(current.port, release, values, update=update)
        sam_files.write(current.port, template, code)
    current.template = templates.digest()
    current.digest_of = {binary.name: binary.digest for binary in code.values()}
    current.save()
    return values
