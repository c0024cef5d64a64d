"""The history on a healthy disk: what goes in comes out, exactly and once, until it is pruned."""

from __future__ import annotations

import math
import tempfile
import threading
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.analysis.uptime.hours import DEFAULT_REACH, hour_of
from claude_tui.model.observation import Observation, Outcome, Timings
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.store import Store
from claude_tui.store.files import connect
from claude_tui.store.instants import from_micros, pack_seconds, to_micros, unpack_seconds
from claude_tui.store.writing import MAX_KINDS, WriteSession
from tests import store_values as values
from tests.store_values import NOW, PATIENCE_S, at, database, listed, opened, page, query, seen

BEGINNING = datetime.min.replace(tzinfo=UTC)


class TestRoundTrip:
    @settings(max_examples=60)
    @given(st.lists(values.observations, max_size=5))
    def test_every_observation_comes_back_exactly(self, written: list[Observation]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            with opened(Path(scratch)) as store:
                for observation in written:
                    store.write(observation)
            with opened(Path(scratch)) as store:
                assert store.observations(BEGINNING) == sorted(written, key=lambda o: o.at)

    @settings(max_examples=30)
    @given(values.statuses, values.catalogues)
    def test_status_and_catalogue_come_back_exactly(
        self, status: ProviderStatus, catalogue: Catalogue
    ) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            with opened(Path(scratch)) as store:
                store.write(status)
                store.write(catalogue)
            with opened(Path(scratch)) as store:
                assert store.status_reports(BEGINNING) == [status]
                assert store.latest_catalogue() == catalogue

    @given(st.none() | st.floats(allow_nan=False))
    def test_seconds_come_back_exactly(self, value: float | None) -> None:
        assert unpack_seconds(pack_seconds(value)) == value

    def test_a_duration_that_is_no_number_is_one_that_was_not_measured(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(seen(0, timings=Timings(total=math.nan)))
            assert store.flush(PATIENCE_S)
            assert store.observations(NOW)[0].timings.total is None

    @given(values.instants)
    def test_instants_come_back_exactly(self, instant: datetime) -> None:
        assert from_micros(to_micros(instant)) == instant

    def test_another_time_zone_is_the_same_instant(self, tmp_path: Path) -> None:
        elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
        with opened(tmp_path) as store:
            store.write(seen(0, at=elsewhere))
            assert store.flush(PATIENCE_S)
            assert [o.at for o in store.observations(NOW)] == [NOW]

    def test_failures_share_the_words_and_headers_that_are_the_same(self, tmp_path: Path) -> None:
        headers = (("server", "cloudflare"), ("retry-after", "30"))
        with opened(tmp_path) as store:
            for number in range(2):
                ray = "cf-ray", f"{number}-FRA"
                store.write(
                    seen(number, outcome=Outcome.OVERLOADED, message="So busy", headers=(*headers, ray))
                )
        with opened(tmp_path) as store:
            one, other = store.observations(BEGINNING)
        assert one.message is other.message
        assert [a is b for a, b in zip(one.headers, other.headers, strict=True)] == [True, True, False]
        assert other.headers[2] == ("cf-ray", "1-FRA")

    def test_no_field_of_an_observation_is_forgotten(self) -> None:
        """A field added to the model must be stored too, and then stand here."""
        assert [field.name for field in fields(Observation)] == [
            *("at", "source", "target", "outcome", "http_status", "error_type", "error_code", "message"),
            *("request_id", "timings", "model", "stop_reason", "usage", "rate_limits", "windows"),
            *("retry_after_s", "server_s", "skew_s", "tls_expires_at", "bypassed", "fresh_retry"),
            *("cost_usd", "headers"),
        ]


class TestObservations:
    def test_since_is_included_until_is_not_and_order_is_by_time(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for second in (3, 1, 4, 0, 2):
                store.write(seen(second))
            for ready in (False, True):
                assert not ready or store.flush(PATIENCE_S)
                assert store.observations(at(1), at(3)) == [seen(1), seen(2)]
                assert store.observations(at(3)) == [seen(3), seen(4)]

    def test_a_limit_keeps_the_newest(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for second in range(10):
                store.write(seen(second))
            assert store.flush(PATIENCE_S)
            store.write(seen(10))
            assert store.observations(NOW, limit=3) == [seen(8), seen(9), seen(10)]
            assert store.observations(NOW, at(5), limit=2) == [seen(3), seen(4)]
            assert store.observations(NOW, limit=0) == []

    def test_what_shares_an_instant_keeps_its_order(self, tmp_path: Path) -> None:
        same = [seen(0, request_id=f"req_{number}") for number in range(20)]
        with opened(tmp_path) as store:
            for observation in same:
                store.write(observation)
            assert store.flush(PATIENCE_S)
            assert store.observations(NOW) == same

    def test_every_read_sees_all_that_was_written_once(self, tmp_path: Path) -> None:
        """While the writer moves records from memory into the database."""
        with opened(tmp_path) as store:
            for number in range(1500):
                store.write(seen(number))
                if number % 50 == 0:
                    assert [o.at for o in store.observations(NOW)] == [at(n) for n in range(number + 1)]
            assert store.flush(PATIENCE_S)

    def test_several_threads_may_read_while_others_write(self, tmp_path: Path) -> None:
        wrong: list[object] = []

        def write(store: Store, first: int) -> None:
            for number in range(first, first + 200):
                store.write(seen(number))

        def read(store: Store) -> None:
            counts = [len(store.observations(NOW)) for _ in range(20)]
            if counts != sorted(counts):
                wrong.append(counts)

        with opened(tmp_path) as store:
            threads = [threading.Thread(target=write, args=(store, n * 200)) for n in range(3)]
            threads += [threading.Thread(target=read, args=(store,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert wrong == []
            assert len(store.observations(NOW)) == 600

    def test_cost_counts_what_is_on_disk_and_what_is_not(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(seen(0, cost_usd=1.0))
            store.write(seen(1, cost_usd=0.25))
            assert store.flush(PATIENCE_S)
            store.write(seen(2, cost_usd=0.5))
            assert store.cost_since(at(1)) == 0.75
            assert store.cost_since(at(3)) == 0.0

    def test_words_of_another_version_are_left_out(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for second in range(6):
                store.write(seen(second, outcome=list(Outcome)[second]))
        query(tmp_path, "UPDATE kinds SET outcome = 'melted' WHERE id = 2")
        query(tmp_path, "UPDATE kinds SET source = 'proxy' WHERE id = 3")
        query(tmp_path, "UPDATE observations SET extra = '[1]' WHERE kind = 4")
        query(tmp_path, "UPDATE observations SET extra = x'00ff00ff' WHERE kind = 5")
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            assert [o.at for o in store.observations(NOW)] == [at(0), at(5)]
        assert reports == ["4 stored rows cannot be read and are skipped"]

    def test_a_server_that_invents_words_does_not_fill_the_table_of_kinds(self, tmp_path: Path) -> None:
        written = [seen(n, error_type=f"type_{n}", stop_reason=f"why_{n}") for n in range(MAX_KINDS + 50)]
        with opened(tmp_path) as store:
            for observation in written:
                store.write(observation)
            assert store.flush(PATIENCE_S)
            assert store.observations(NOW) == written
        assert query(tmp_path, "SELECT count(*) FROM kinds") == [(MAX_KINDS + 1,)]

    def test_what_no_store_can_hold_is_reported_and_the_rest_is_kept(self, tmp_path: Path) -> None:
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            for observation in (seen(0), seen(1, request_id="\ud800"), seen(2, http_status=2**70), seen(3)):
                store.write(observation)
            store.flush(PATIENCE_S)
            assert store.observations(NOW) == [seen(0), seen(3)]
        assert reports[-1] is not None
        assert reports[-1].startswith("records missing from the history: 2 (")


class TestDocuments:
    def test_only_changes_are_kept(self, tmp_path: Path) -> None:
        changes = [page(0), page(2, "major"), page(4)]
        with opened(tmp_path) as store:
            for report in (page(0), page(1), page(2, "major"), page(3, "major"), page(4), page(5)):
                store.write(report)
            for ready in (False, True):
                assert not ready or store.flush(PATIENCE_S)
                assert store.status_reports(NOW) == changes
        with opened(tmp_path) as store:
            store.write(page(6))
            assert store.status_reports(NOW) == changes
        assert query(tmp_path, "SELECT count(*) FROM status_reports") == [(3,)]

    def test_the_report_in_force_comes_first(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for report in (page(0), page(10, "minor"), page(20, "major")):
                store.write(report)
            for ready in (False, True):
                assert not ready or store.flush(PATIENCE_S)
                assert store.status_reports(at(15)) == [page(10, "minor"), page(20, "major")]
                assert store.status_reports(at(20)) == [page(20, "major")]
                assert store.status_reports(at(99)) == [page(20, "major")]

    def test_the_latest_list_of_models(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            assert store.latest_catalogue() is None
            for catalogue in (
                listed(0, "one"),
                listed(1, "one"),
                listed(2, "one", "two"),
                listed(3, "one", "two"),
            ):
                store.write(catalogue)
            for ready in (False, True):
                assert not ready or store.flush(PATIENCE_S)
                assert store.latest_catalogue() == listed(2, "one", "two")
        assert query(tmp_path, "SELECT count(*) FROM catalogues") == [(2,)]

    def test_a_document_of_another_version_is_left_out(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(page(0))
            store.write(listed(0, "one"))
        query(tmp_path, "UPDATE status_reports SET body = '{\"shape\": 2}'")
        query(tmp_path, "UPDATE catalogues SET body = 'null'")
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            assert store.status_reports(NOW) == []
            assert store.latest_catalogue() is None
        assert reports[-1] == "2 stored rows cannot be read and are skipped"


class TestPruning:
    def test_older_records_go_and_what_was_in_force_stays(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for second in range(5000):
                store.write(seen(second))
            for report in (page(0), page(10, "minor"), page(4500, "major")):
                store.write(report)
            for catalogue in (listed(0, "one"), listed(10, "two")):
                store.write(catalogue)
            assert store.flush(PATIENCE_S)
            store.prune(at(4000))
            while store.observations(NOW, at(4000), limit=1):
                assert store.flush(PATIENCE_S)
            assert [o.at for o in store.observations(NOW)] == [at(n) for n in range(4000, 5000)]
            assert store.status_reports(NOW) == [page(10, "minor"), page(4500, "major")]
            assert store.latest_catalogue() == listed(10, "two")

    def test_a_slice_is_small_and_a_shrunken_history_gives_space_back(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for second in range(15_000):
                store.write(seen(second, message="x" * 20 + str(second) * 40))
            assert store.flush(PATIENCE_S)
        before = database(tmp_path).stat().st_size
        session = WriteSession(connect(database(tmp_path)), None)
        while not session.roll_up(hour_of(to_micros(at(14_000))) + 1, DEFAULT_REACH):
            pass
        slices = 1
        while not session.prune(to_micros(at(14_000))):
            slices += 1
        assert slices == 7
        while not session.shrink():
            pass
        session.checkpoint()
        session.close()
        assert database(tmp_path).stat().st_size < before / 2
