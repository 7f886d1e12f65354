"""An interpreter of the deployed state machine, in virtual time, for the part of the language that it uses.

Runs the real use cases, counts transitions as they are billed, and keeps the edges that were taken. A wait, a retry and a
time-out are events of the agenda; a run is the same every time.
"""

import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonata

from stopship.application.open_case import execution_name
from stopship.contract import FUNCTIONS
from stopship.domain.errors import StopshipError
from tests.fakes.steps import STEPS
from tests.fakes.trouble import Crash
from tests.fakes.world import World

DEFINITION = Path(__file__).parents[2] / "statemachines" / "cancel_case.asl.json"
REQUEST_ID = "5b1f0c7e-8d1a-4c55-9a3e-2f6d1c0b7a90"
_A_DAY = 86_400

type Edge = tuple[str, str, str]
"""State, how it was left (next, choice 0, default, catch 0, retry 0), where to."""
type State = Mapping[str, Any]
type Script = Generator["Pause", Any, Any]


@cache
def definition() -> State:
    loaded: State = json.loads(DEFINITION.read_text())
    return loaded


def all_edges(machine: State | None = None) -> set[Edge]:
    """Every way out of every state, the states of Map branches included."""
    edges: set[Edge] = set()
    for name, state in (machine or definition())["States"].items():
        edges |= set(_edges_of(name, state))
        if "ItemProcessor" in state:
            edges |= all_edges(state["ItemProcessor"])
    return edges


def _edges_of(name: str, state: State) -> Iterator[Edge]:
    if "Next" in state:
        yield name, "next", state["Next"]
    if "Default" in state:
        yield name, "default", state["Default"]
    for i, choice in enumerate(state.get("Choices", ())):
        yield name, f"choice {i}", choice["Next"]
    for i, catch in enumerate(state.get("Catch", ())):
        yield name, f"catch {i}", catch["Next"]
    for i in range(len(state.get("Retry", ()))):
        yield name, f"retry {i}", name


def tasks(machine: State | None = None) -> list[str]:
    """Every state that calls a function, in the order of the definition."""
    found: list[str] = []
    for name, state in (machine or definition())["States"].items():
        found += [name] if state["Type"] == "Task" else []
        found += tasks(state["ItemProcessor"]) if "ItemProcessor" in state else []
    return found


@dataclass
class Pause:
    """Why a script waits: ``seconds`` for time, ``token`` for a word (``seconds`` is then its time-out), ``branches`` for scripts."""

    seconds: float = 0
    token: str = ""
    branches: list[Script] = field(default_factory=list)


class TaskError(Exception):
    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"{name}: {cause}")
        self.name, self.cause = name, cause


@dataclass
class Run:
    """One execution. ``status`` is running, succeeded, failed or aborted."""

    name: str
    input: dict[str, Any]
    status: str = "running"
    transitions: int = 0
    path: list[str] = field(default_factory=list)


@dataclass
class Machine:
    """Implements ports.Executions and ports.Tasks. ``faults``: (state, error name) that its next call ends with; ``before``: what
    happens once, just before a state's next call."""

    world: World
    runs: dict[str, Run] = field(default_factory=dict)
    edges: set[Edge] = field(default_factory=set)
    faults: list[tuple[str, str]] = field(default_factory=list)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    kill_on_crash: bool = True
    """A crash takes the whole execution with it; else only the function's process, which the state machine then tries again."""
    _waiting: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    _woken: dict[str, Any] = field(default_factory=dict)
    _open: dict[str, Run] = field(default_factory=dict)
    _tokens: int = 0

    # ------------------------------------------------------------------------------------------ the ports

    def start(self, merchant: str, case_id: str, number: int) -> str:
        self.world.faults.point()
        name = execution_name(case_id, number)
        if name not in self.runs:
            run = Run(name, {"merchant": merchant, "case_id": case_id, "number": number})
            self.runs[name] = run
            self.world.agenda.after(0, lambda: self._begin(run))
        self.world.faults.point()
        return name

    def running(self) -> frozenset[str]:
        return frozenset(name for name, run in self.runs.items() if run.status == "running")

    def alive(self, name: str) -> bool:
        return name in self.runs and self.runs[name].status == "running"

    def wake(self, token: str, output: Mapping[str, str]) -> bool:
        self.world.faults.point()
        run = self._open.pop(token, None)
        if run is None or run.status != "running":
            return False
        self._woken[token] = dict(output)
        resume = self._waiting.pop(token, None)
        if resume:
            self.world.agenda.after(0, lambda: resume(dict(output)))
        self.world.faults.point()
        return True

    def kill(self, case_id: str) -> None:
        """Ends the newest execution of the case as an operator or an outage would."""
        for run in self.runs.values():
            if run.input["case_id"] == case_id and run.status == "running":
                run.status = "aborted"

    # ------------------------------------------------------------------------------------------ driving scripts

    def _begin(self, run: Run) -> None:
        def done(_: Any) -> None:
            run.status = "succeeded"

        self._drive(run, self._script(run, definition(), {}, {}), done)

    def _drive(self, run: Run, script: Script, done: Callable[[Any], None], value: Any = None) -> None:
        """Runs a script to its next pause."""
        if run.status != "running":
            return
        try:
            pause = script.send(value)
        except StopIteration as end:
            done(end.value)
            return
        except TaskError:
            run.status = "failed"
            return
        except Crash:
            run.status = "aborted"
            return
        self._pause(run, script, done, pause)

    def _pause(self, run: Run, script: Script, done: Callable[[Any], None], pause: Pause) -> None:
        def resume(value: Any = None) -> None:
            self._drive(run, script, done, value)

        if pause.branches:
            self._join(run, pause.branches, resume)
        elif pause.token:
            self._await(pause, resume)
        else:
            self.world.agenda.after(pause.seconds, resume)

    def _join(self, run: Run, branches: list[Script], resume: Callable[[Any], None]) -> None:
        ends: dict[int, Any] = {}

        def done(index: int) -> Callable[[Any], None]:
            def end(value: Any) -> None:
                ends[index] = value
                if len(ends) == len(branches):
                    resume([ends[i] for i in range(len(branches))])

            return end

        for index, branch in enumerate(branches):
            self.world.agenda.after(0, lambda b=branch, i=index: self._drive(run, b, done(i)))  # type: ignore[misc]

    def _await(self, pause: Pause, resume: Callable[[Any], None]) -> None:
        def expire() -> None:
            if self._waiting.pop(pause.token, None):
                self._open.pop(pause.token, None)
                resume(TaskError("States.Timeout", ""))

        alarm = self.world.agenda.after(pause.seconds, expire, background=pause.seconds > _A_DAY)

        def woken(word: Any = None) -> None:
            self.world.agenda.drop(alarm)
            resume(word)

        self._waiting[pause.token] = woken

    # ------------------------------------------------------------------------------------------ the language

    def _script(self, run: Run, machine: State, value: Any, item: Mapping[str, Any]) -> Script:
        name = machine["StartAt"]
        while True:
            run.transitions += 1
            run.path.append(name)
            state = machine["States"][name]
            context = {"Execution": {"Input": run.input, "Name": run.name}, **item}
            match state["Type"]:
                case "Succeed":
                    return value
                case "Choice":
                    name, value = self._choose(name, state, value, context)
                case "Wait":
                    yield Pause(seconds=float(self._eval(state["Seconds"], value, context)))
                    value = self._output(state, value, context)
                    name = self._take(name, "next", state["Next"])
                case "Map":
                    items = self._eval(state["Items"], value, context)
                    if not isinstance(items, list):
                        raise TaskError("States.QueryEvaluationError", f"{items!r} is no list")
                    branches = [self._branch(run, state, value, x, i) for i, x in enumerate(items)]
                    result = (yield Pause(branches=branches)) if branches else []
                    value = self._output(state, value, context, result=result)
                    name = self._take(name, "next", state["Next"])
                case "Task":
                    name, value = yield from self._task(run, name, state, value, context)

    def _branch(self, run: Run, state: State, value: Any, item: Any, index: int) -> Script:
        scope = {"Map": {"Item": {"Index": index, "Value": item}}}
        context = {"Execution": {"Input": run.input, "Name": run.name}, **scope}
        return self._script(run, state["ItemProcessor"], self._eval(state["ItemSelector"], value, context), scope)

    def _choose(self, name: str, state: State, value: Any, context: State) -> tuple[str, Any]:
        for i, choice in enumerate(state["Choices"]):
            if self._eval(choice["Condition"], value, context) is True:
                return self._take(name, f"choice {i}", choice["Next"]), value
        return self._take(name, "default", state["Default"]), value

    def _task(
        self, run: Run, name: str, state: State, value: Any, context: State
    ) -> Generator[Pause, Any, tuple[str, Any]]:
        tries = [0] * len(state.get("Retry", ()))
        while True:
            try:
                result = yield from self._call(run, name, state, value, context)
            except TaskError as error:
                again = _matching(state.get("Retry", ()), error.name)
                if again is not None and tries[again] < state["Retry"][again]["MaxAttempts"]:
                    self._take(name, f"retry {again}", name)
                    run.transitions += 1
                    yield Pause(seconds=_backoff(state["Retry"][again], tries[again]))
                    tries[again] += 1
                    continue
                caught = _matching(state.get("Catch", ()), error.name)
                if caught is None:
                    raise
                catch = state["Catch"][caught]
                output = {"Error": error.name, "Cause": error.cause}
                value = self._output(catch, value, context, error=output)
                return self._take(name, f"catch {caught}", catch["Next"]), value
            value = self._output(state, value, context, result=result)
            return self._take(name, "next", state["Next"]), value

    def _call(self, run: Run, name: str, state: State, value: Any, context: State) -> Generator[Pause, Any, Any]:
        waits = state["Resource"].endswith(".waitForTaskToken")
        seconds = float(self._eval(state["TimeoutSeconds"], value, context))
        token = ""
        if waits:
            self._tokens += 1
            token = f"token-{self._tokens}"
            self._open[token] = run
            context = {**context, "Task": {"Token": token}}
        arguments = self._eval(state["Arguments"], value, context)
        try:
            answer = self._invoke(name, arguments)
        except TaskError:
            if token not in self._woken:
                self._open.pop(token, None)
                raise
            answer = {}
        if not waits:
            return {"Payload": answer}
        if token in self._woken:
            return self._woken[token]
        word = yield Pause(seconds=seconds, token=token)
        if isinstance(word, TaskError):
            raise word
        return word

    def _invoke(self, name: str, arguments: State) -> Any:
        self.before.pop(name, lambda: None)()
        for fault in self.faults:
            if fault[0] == name:
                self.faults.remove(fault)
                raise TaskError(fault[1], _cause(fault[1], "injected"))
        module = _MODULES[arguments["FunctionName"]]
        try:
            return _plain(STEPS[module](self.world.desk, _plain(arguments["Payload"])))
        except Crash:
            if self.kill_on_crash:
                raise
            raise TaskError("Sandbox.Timedout", "the process died") from None
        except (StopshipError, KeyError, ValueError, TypeError, AttributeError) as error:
            self.world.errors.append(error)
            name = type(error).__name__
            raise TaskError(name, _cause(name, str(error))) from error

    def _take(self, state: str, way: str, to: str) -> str:
        self.edges.add((state, way, to))
        return to

    def _output(self, holder: State, value: Any, context: State, *, result: Any = None, error: Any = None) -> Any:
        if "Output" not in holder:
            return value if result is None else result
        return self._eval(holder["Output"], value, context, result=result, error=error)

    def _eval(self, template: Any, value: Any, context: State, *, result: Any = None, error: Any = None) -> Any:
        states = {"input": value, "context": context}
        if result is not None:
            states["result"] = result
        if error is not None:
            states["errorOutput"] = error
        return _fill(template, states)


def _cause(name: str, message: str) -> str:
    """As Lambda's runtime for Python tells of a function's error."""
    place = ['  File "/var/task/stopship/wiring/step.py", line 1, in handler\n']
    return json.dumps({"errorMessage": message, "errorType": name, "requestId": REQUEST_ID, "stackTrace": place})


_MODULES = {f"${{{f.name}Arn}}": f.module for f in FUNCTIONS}


def _fill(template: Any, states: State) -> Any:
    if isinstance(template, str) and template.startswith("{%"):
        expression = template[2:-2].strip()
        return json.loads(_query(expression, json.dumps(_named_part(states, _named(expression)), sort_keys=True)))
    if isinstance(template, dict):
        return {k: _fill(v, states) for k, v in template.items()}
    return template


@cache
def _named(expression: str) -> list[list[str]]:
    """The places of ``$states`` that an expression names. What it does not name it is not given, so that its answer for one case is its
    answer for all that do not differ there."""
    return [place.split(".")[1:] for place in re.findall(r"\$states((?:\.\w+)*)", expression)]


def _named_part(states: State, places: list[list[str]]) -> State:
    part: dict[str, Any] = {}
    for place in places:
        if not place:
            return states
        _copy(states, part, place)
    return part


def _copy(states: State, part: dict[str, Any], place: list[str]) -> None:
    name, *rest = place
    if name not in states:
        return
    value = states[name]
    if name in part and part[name] is value:
        return
    if rest and isinstance(value, dict):
        _copy(value, part.setdefault(name, {}), rest)
    else:
        part[name] = value


@cache
def _query(expression: str, states: str) -> str:
    query = _parsed(expression)
    query.assign("states", json.loads(states))
    try:
        answer = query.evaluate(None)
    except jsonata.JException as error:
        raise TaskError("States.QueryEvaluationError", f"{expression}: {error}") from error
    return json.dumps(answer)


@cache
def _parsed(expression: str) -> jsonata.Jsonata:
    query = jsonata.Jsonata(expression)
    query.register_lambda("parse", json.loads)
    return query


def _plain(value: Any) -> Any:
    """As it comes out of a function: JSON."""
    return json.loads(json.dumps(value))


def _matching(rules: list[State], error: str) -> int | None:
    for i, rule in enumerate(rules):
        named = rule["ErrorEquals"]
        # States.TaskFailed stands for every error but a time-out (Amazon States Language, error names).
        if error in named or "States.ALL" in named or ("States.TaskFailed" in named and error != "States.Timeout"):
            return i
    return None


def _backoff(rule: State, tries: int) -> float:
    return min(rule["IntervalSeconds"] * rule["BackoffRate"] ** tries, rule.get("MaxDelaySeconds", 10**9))
