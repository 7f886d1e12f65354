"""Functions run as on AWS."""

import sys
from concurrent.futures import ThreadPoolExecutor

from tests.integration.emulator.harness import Probe


def test_a_handler_exception_keeps_its_class_and_its_trace(probe: Probe) -> None:
    error, body = probe.invoke({"do": "refuse", "id": 7})
    assert error == "Unhandled"
    assert (body["errorType"], body["errorMessage"]) == ("OrderRefused", "refused 7")
    assert "_refuse" in "".join(body["stackTrace"])


def test_an_environment_survives_a_handler_exception(probe: Probe) -> None:
    before = probe.invoke({"do": "environment"})[1]["process"]
    probe.invoke({"do": "refuse", "id": 7})
    assert probe.invoke({"do": "environment"})[1]["process"] == before


def test_a_json_line_on_stdout_does_not_become_the_response(probe: Probe) -> None:
    assert probe.invoke({"do": "print json to stdout"}) == (None, {"honest": True})
    assert probe.invoke({"n": 1}) == (None, {"echo": {"n": 1}})


def test_a_function_sees_lambda_s_environment_and_not_the_host_s(probe: Probe) -> None:
    seen = probe.invoke({"do": "environment"})[1]["environment"]
    assert seen["AWS_ENDPOINT_URL"] == probe.emulator.endpoint
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "probe-work"
    assert seen["AWS_REGION"] == "us-east-1"
    assert seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert seen["TZ"] == ":UTC"
    assert not {"VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "METRICS_TICK_SECONDS"} & seen.keys()


def test_a_function_imports_its_layer_and_boto3_but_nothing_else_of_the_host(probe: Probe) -> None:
    assert probe.invoke({"do": "import", "module": "from_the_layer"})[1]["value"] == "layer"
    assert probe.invoke({"do": "import", "module": "boto3"})[0] is None
    _, refused = probe.invoke({"do": "import", "module": "pydantic"})
    assert refused["errorType"] == "ModuleNotFoundError"
    path = probe.invoke({"do": "environment"})[1]["path"]
    assert not [entry for entry in path if "site-packages" in entry or entry == sys.path[0]]


def test_a_function_that_runs_too_long_is_ended_by_its_timeout(probe: Probe) -> None:
    error, body = probe.invoke({"do": "sleep", "seconds": 5}, "probe-slow")
    assert (error, body["errorType"]) == ("Unhandled", "Sandbox.Timedout")


def test_calls_beyond_the_limit_of_environments_wait_and_are_all_answered(probe: Probe) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: probe.invoke({"do": "sleep", "seconds": 0.05}), range(12)))
    assert [error for error, _ in answers] == [None] * 12
    assert len({body["process"] for _, body in answers}) <= 4
