"""What the dashboards are put together from. Units are Grafana's ids; thresholds are those of the alert rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any, TypeVar

from grafana_foundation_sdk.builders import bargauge, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders import common as shared
from grafana_foundation_sdk.models import common, units
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = model.DataSourceRef(type_val="prometheus", uid="prometheus")
Steps = Sequence[tuple[float | None, str]]
P = TypeVar("P")
# A value that is only told, not judged.
TOLD: Steps = [(None, "blue")]
UP_DOWN: Steps = [(None, "red"), (1, "green")]
NONE_ALLOWED: Steps = [(None, "green"), (1, "red")]

UNITS = {
    "ratio": units.PercentUnit,
    "bytes": units.BytesIEC,
    "bytes/s": units.BytesPerSecondIEC,
    "seconds": units.Seconds,
    "age": units.DurationSeconds,
    "per second": units.CountsPerSecond,
    "requests/s": units.RequestsPerSecond,
    "number": units.Short,
    "up": units.NoUnit,
}


def above(warning: float, bad: float) -> Steps:
    """Return steps that turn yellow at `warning` and red at `bad`."""
    return [(None, "green"), (warning, "yellow"), (bad, "red")]


def below(warning: float, bad: float) -> Steps:
    """Return steps that are red below `bad`, yellow below `warning`, else green."""
    return [(None, "red"), (bad, "yellow"), (warning, "green")]


def number(title: str, query: str, unit: str, says: str, steps: Steps, *, alert: str = "", span: int = 4) -> stat.Panel:
    """Return a panel with one big value, coloured by `steps`; `alert` names the runbook that goes with it."""
    panel = stat.Panel().graph_mode(common.BigValueGraphMode.NONE).color_mode(common.BigValueColorMode.BACKGROUND)
    if unit == "up":
        panel.mappings([_words({"1": "up", "0": "down"})])
    panel.reduce_options(_last()).with_target(_query(query, "", instant=True)).height(4)
    return _finish(panel, title, unit, says, steps, alert, span)


def bars(title: str, query: str, unit: str, says: str, steps: Steps, *, legend: str, alert: str = "") -> bargauge.Panel:
    """Return a panel with a bar for each series."""
    panel = bargauge.Panel().orientation(common.VizOrientation.HORIZONTAL).reduce_options(_last())
    panel.display_mode(common.BarGaugeDisplayMode.BASIC).with_target(_query(query, legend, instant=True)).height(8)
    if unit == "ratio":
        panel.min(0).max(1)
    return _finish(panel, title, unit, says, steps, alert, 12)


def graph(
    title: str,
    queries: Mapping[str, str],
    unit: str,
    says: str,
    steps: Steps = TOLD,
    *,
    alert: str = "",
    span: int = 12,
) -> timeseries.Panel:
    """Return a panel with lines over time: `queries` is {legend: query}. Steps other than TOLD are drawn."""
    panel = timeseries.Panel().height(8).min(0).fill_opacity(10).show_points(common.VisibilityMode.NEVER)
    panel.tooltip(shared.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
    panel.legend(shared.VizLegendOptions().show_legend(True).placement(common.LegendPlacement.BOTTOM))
    for letter, (legend, query) in zip(ascii_uppercase, queries.items(), strict=False):
        panel.with_target(_query(query, legend).ref_id(letter))
    if steps is not TOLD:
        panel.thresholds_style(shared.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    return _finish(panel, title, unit, says, steps, alert, span)


def rows(title: str, query: str, unit: str, says: str, columns: Sequence[str], *, value: str = "Value") -> table.Panel:
    """Return a panel with a row for each series: the labels `columns` and, where it tells something, the value."""
    panel = table.Panel().height(8).with_target(_query(query, "", instant=True).format(PromQueryFormat.TABLE))
    shown = {name: number for number, name in enumerate([*columns, "Value"])}
    hide = {"Time": True} | ({} if value else {"Value": True})
    keep = {"include": {"names": [*columns, *(["Value"] if value else [])]}}
    panel.with_transformation(model.DataTransformerConfig(id_val="filterFieldsByName", options=keep))
    order = {"indexByName": shown, "excludeByName": hide, "renameByName": {"Value": value} if value else {}}
    panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=order))
    return _finish(panel, title, unit, says, TOLD, "", 12).no_value("none")


def board(
    name: str, title: str, says: str, panels: Sequence[Any], variables: Sequence[Any] = (), *, deploys: bool = False
) -> dashboard.Dashboard:
    """Return a dashboard; `deploys` marks deployments and the starts of services on its graphs."""
    made = dashboard.Dashboard(title).uid(f"skerry-{name}").description(says).tags(["skerry"]).readonly()
    made.time("now-6h", "now").refresh("1m").timezone("browser").tooltip(model.DashboardCursorSync.CROSSHAIR)
    made.link(
        dashboard.DashboardLink("Skerry").type(model.DashboardLinkType.DASHBOARDS).tags(["skerry"]).keep_time(True)
    )
    if deploys:
        # By the verdict as it was then, so that one that was rolled back stands out.
        ended = "changes(skerry_deploy_last_timestamp_seconds[$__rate_interval]) > 0"
        marks = {
            "Deploys": (f"{ended} and on (stack) skerry_deploy_last_verdict{{verdict='deployed'}} == 1", "green"),
            "Failed deploys": (f"{ended} and on (stack) skerry_deploy_last_verdict{{verdict='deployed'}} == 0", "red"),
            "Starts": ("changes(process_start_time_seconds{stack!=''}[$__rate_interval]) > 0", "blue"),
        }
        for mark_name, (expression, colour) in marks.items():
            mark = dashboard.AnnotationQuery().name(mark_name).datasource(SOURCE).enable(True)
            made.annotation(mark.icon_color(colour).expr(expression))
    for variable in variables:
        made.with_variable(variable)
    for index, panel in enumerate(panels, 1):
        made.with_panel(panel.id(index))
    return made


def choice(name: str, label: str, query: str) -> dashboard.QueryVariable:
    """Return a variable whose values are those of a label, all chosen at first."""
    made = dashboard.QueryVariable(name).label(label).query(query).datasource(SOURCE).multi(True).include_all(True)
    made.all_value(".+").current(model.VariableOption(selected=True, text="All", value="$__all"))
    return made.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(model.VariableSort.ALPHABETICAL_ASC)


def _finish(panel: P, title: str, unit: str, says: str, steps: Steps, alert: str, span: int) -> P:
    """Set what every panel has. The runbook is named in the description, which Grafana shows beside the title."""
    text = f"{says}\n\nAlert: {alert}, docs/runbooks/{alert}.md" if alert else says
    limits = [model.Threshold(value=value, color=colour) for value, colour in steps]
    config = dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(limits)
    builder: Any = panel
    builder.title(title).description(text).unit(UNITS[unit]).thresholds(config).datasource(SOURCE).span(span)
    return panel


def _query(query: str, legend: str, *, instant: bool = False) -> prometheus.Dataquery:
    made = prometheus.Dataquery().ref_id("A").expr(query).legend_format(legend or "__auto").datasource(SOURCE)
    return made.instant() if instant else made.range()


def _last() -> shared.ReduceDataOptions:
    return shared.ReduceDataOptions().calcs(["lastNotNull"])


def _words(words: Mapping[str, str]) -> model.ValueMap:
    return model.ValueMap(options={value: model.ValueMappingResult(text=text) for value, text in words.items()})
