/** The texts of the insights. */
export const words = {
  title: "Insights",
  period: "Period",
  periods: { 7: "Last 7 days", 30: "Last 30 days", 90: "Last 90 days", 365: "Last 12 months" },
  job: "Job",
  allJobs: "All jobs",
  loading: "Loading the numbers",
  failed: "The numbers could not be loaded",
  retry: "Try again",

  throughput: "Throughput",
  throughputHint: { hour: "Units per hour", day: "Units per day", week: "Units per week" },
  created: "Created",
  completed: "Completed",
  scrapped: "Scrapped",
  from: "From",

  wip: "Work in progress",
  wipHint: "Units in progress at the end of each day",
  wipHintWeek: "Units in progress at the end of each week",
  inProgress: "In progress",

  steps: "Time at step",
  stepsHint: "From entering a step to leaving it, in hours, nights and weekends included. 85 of 100 units were faster than the second bar.",
  step: "Step",
  entered: "Entered",
  left: "Left",
  median: "Median",
  p85: "85 %",
  waiting: "Waiting now",
  unknownTime: "–",
  hours: "h",

  scrap: "Scrap by reason",
  scrapHint: (rate: string) => `${rate} of the units that ended in this period were scrapped`,
  reason: "Reason",
  units: "Units",
};
