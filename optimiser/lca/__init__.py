"""LCA data of the user: factors from a Brightway project or a workbook, and inventories for one."""
